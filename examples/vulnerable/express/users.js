const users = new Map();

exports.findUser = async (name) => users.get(name);

exports.savePassword = async (id, passwordHash) => {
  for (const user of users.values()) if (user.id === id) user.passwordHash = passwordHash;
};
