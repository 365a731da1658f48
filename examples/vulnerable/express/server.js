const bcrypt = require("bcrypt");
const express = require("express");
const session = require("express-session");
const { findUser, savePassword } = require("./users");

const app = express();
app.use(express.urlencoded({ extended: false }));
app.use(
  session({ // expect: cookie-secure, cookie-samesite, cookie-name, cookie-prefix, resurrection, storage-handler, encryption-at-rest, gc-timeout, csrf, periodic-rotation, concurrent-sessions, session-policy, expired-data
    secret: "keyboard cat", // expect: hardcoded-secret, ids-at-rest
    resave: false,
    saveUninitialized: true, // expect: eager-sessions
  }),
);

app.post("/sign-in", async (req, res) => {
  const user = await findUser(req.body.name);
  if (user === undefined || !(await bcrypt.compare(req.body.password, user.passwordHash))) {
    return res.status(401).send("Name or password is wrong");
  }
  req.session.userId = user.id; // expect: regenerate-login, login-throttling, audit-logging
  res.redirect("/");
});

app.post("/password", async (req, res) => {
  await savePassword(req.session.userId, await bcrypt.hash(req.body.password, 12)); // expect: regenerate-password-change, fresh-authentication
  res.redirect("/");
});

app.get("/sign-out", (req, res) => { // expect: logout-method
  delete req.session.userId; // expect: logout-destroy
  res.redirect("/");
});

app.listen(3000, "127.0.0.1");
