import { describe, expect, it } from "vitest";
import { ACCOUNT, evidenceOf } from "../testing-app.ts";

/** What changes with an action of that body, beside the sound application's sign-in. */
function changes(body: string, others: Record<string, string> = {}, name = "editAction($id)") {
  const controller = `<?php
class StaffController extends \\Phalcon\\Mvc\\Controller {
  public function ${name} {
    ${body}
  }
}`;
  return evidenceOf({ ...others, [ACCOUNT]: controller })
    .privilegeChanges.filter(({ kind }) => /change$/.test(kind))
    .map(({ kind, place }) => `${kind}:${place.line}`);
}

describe("collectAccountChanges", () => {
  it("sees a password in the array that a row is given", () => {
    const filled = `$clerk = Clerks::findFirst($id); $row = [];
    $row["password"] = $this->security->hash($this->request->getPost("new"));
    $clerk->assign($row); $clerk->save();`;
    expect(changes(filled)).toEqual(["password-change:6"]);
    expect(changes(filled.replace('"password"', '"phone"'))).toEqual([]);
  });

  it("sees it in a query, and in a routine of the database", () => {
    const query = (sql: string) =>
      changes(
        `$clerk = Clerks::findFirst($id); $this->db->execute("${sql}", [$hash]); $clerk->save();`,
      );
    expect(query("UPDATE clerks SET seen = 1, passwd = ? WHERE id = 3")).toEqual([
      "password-change:4",
    ]);
    expect(query("CALL clerks_change_password(?, ?)")).toEqual(["password-change:4"]);
    expect(query("UPDATE clerks SET seen = 1 WHERE password = ?")).toEqual([]);
    const routine = '$this->db->query("SELECT clerks_change_password(:id::int, :hash)", $bound);';
    expect(changes(routine)).toEqual(["password-change:4"]);
    expect(changes(routine.replace("change_password", "check_password"))).toEqual([]);
  });

  it("knows other names of the column, and what is no account's", () => {
    const set = (target: string) =>
      changes(`$clerk = Clerks::findFirst($id); ${target} = $value; $clerk->save();`);
    expect(set("$clerk->user_pass")).toEqual(["password-change:4"]);
    expect(set("$clerk->hashedPassword")).toEqual(["password-change:4"]);
    expect(set("$this->view->password")).toEqual([]);
    expect(set("$clerk->mustChangePassword")).toEqual([]);
  });

  it("sees roles by other names, in arrays and in forms", () => {
    const assign = (field: string) =>
      changes(
        `$user = Users::findFirst($id); $data = []; $data["${field}"] = $this->request->getPost("r"); $user->assign($data); $user->update();`,
      );
    expect(assign("staff_role")).toEqual(["role-change:4"]);
    expect(assign("parole")).toEqual([]);
    const form = `<?php class StaffForm extends \\Phalcon\\Forms\\Form { function initialize() {
      $this->add(new \\Phalcon\\Forms\\Element\\Select("profilesId", Profiles::find())); } }`;
    const bound =
      "$user = Users::findFirst($id); $form = new StaffForm($user); $form->bind($_POST, $user); $user->save();";
    expect(changes(bound, { "app/StaffForm.php": form })).toEqual(["role-change:4"]);
    expect(changes(bound, { "app/StaffForm.php": form.replace("profilesId", "town") })).toEqual([]);
  });

  it("does not take a row that is made of what was sent for one that was there", () => {
    const made = (how: string) =>
      changes(
        `if (Clerks::findFirstByEmail($mail)) { return; }
    $clerk = ${how}; $clerk->password = $this->security->hash($new); $clerk->save();`,
        {},
        "joinAction()",
      );
    expect(made("Clerks::fromRequest($sent)")).toEqual([]);
    expect(made("Clerks::findFirst($sent)")).toEqual(["password-change:5"]);
  });

  it("sees a row that joins somebody to a role", () => {
    const joined =
      "$row = new UserRoles(); $row->user_id = $id; $row->kind = $this->request->getPost('k'); $row->save();";
    expect(changes(joined)).toEqual(["role-change:4"]);
    expect(changes(joined.replace("$row->user_id = $id;", ""))).toEqual([]);
  });

  it("sees another role put into a session that is under way", () => {
    const put = (value: string, name?: string) =>
      changes(`$this->session->set("role", ${value});`, {}, name);
    expect(put("$shop->roleOf($id)")).toEqual(["role-change:4"]);
    expect(put('"guest"')).toEqual([]);
    expect(put("$this->acl->standard()", "homeAction()")).toEqual([]);
  });
});
