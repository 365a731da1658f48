import { describe, expect, it } from "vitest";
import { controller, evidenceOf, securityYaml } from "../testing.ts";

function faults(files: Record<string, string>): string[] {
  return evidenceOf({ ...securityYaml("form_login: ~", "logout: ~"), ...files })
    .observations.filter(({ topic, kind }) => topic === "safe-methods" && kind === "fault")
    .map(({ what }) => what);
}

function action(route: string, name: string, body: string): Record<string, string> {
  return controller(
    "NoteController",
    `    ${route}\n    public function ${name}(Request $request, $note) { ${body} }`,
  );
}

const CHANGE = "$note->setState(1); $this->em->flush();";

describe("a GET", () => {
  it("changes something", () => {
    expect(faults(action("#[Route('/n/{id}/publish')]", "publish", CHANGE))).toEqual([
      "NoteController::publish changes what is stored, and its route takes every method, GET included.",
    ]);
    expect(
      faults(action("#[Route('/n/{id}', methods: ['GET', 'POST'])]", "toggleState", CHANGE)),
    ).toEqual(["NoteController::toggleState changes what is stored, and its route takes GET."]);
    expect(
      faults(action('/** @Route("/n/{id}/delete") */', "deleteAction", "$this->em->flush();")),
    ).toHaveLength(1);
  });

  it("changes something in a service that the action calls", () => {
    const files = {
      ...controller(
        "NoteController",
        "    #[Route('/n/{id}/archive')]\n    public function archive(\\App\\Notes $notes, $note) { $notes->archive($note); }",
      ),
      "src/Notes.php":
        "<?php namespace App; class Notes { public function archive($note) { $this->em->flush(); } }",
    };
    expect(faults(files)).toHaveLength(1);
  });

  it("is told by routes in files", () => {
    const yaml = (methods: string) => ({
      ...action("", "approve", CHANGE),
      "config/routes.yaml": `approve:\n    path: /approve\n    controller: App\\Controller\\NoteController::approve\n${methods}`,
    });
    expect(faults(yaml(""))).toHaveLength(1);
    expect(faults(yaml("    methods: [POST]\n"))).toEqual([]);
  });

  for (const [title, route, name, body] of [
    ["by POST alone", "#[Route('/n', methods: ['POST'])]", "publish", CHANGE],
    ["with a token", "#[Route('/n')]", "publish", `$this->isCsrfTokenValid('n', 't'); ${CHANGE}`],
    ["by a form", "#[Route('/n')]", "publish", `$form->handleRequest($request); ${CHANGE}`],
    ["by what a body says", "#[Route('/n')]", "publish", `$request->request->get('n'); ${CHANGE}`],
    ["by a link of a mail", "#[Route('/n/{token}')]", "activate", CHANGE],
    ["of a counter", "#[Route('/n')]", "show", CHANGE],
    ["of nothing", "#[Route('/n')]", "publish", "$this->render('x');"],
    ["for programs", "#[Route('/api/n')]", "publish", CHANGE],
    ["by a name that only begins alike", "#[Route('/n')]", "enabledNotes", CHANGE],
  ] as const) {
    it(`is not blamed for a change ${title}`, () => {
      expect(faults(action(route, name, body))).toEqual([]);
    });
  }

  it("is not blamed where the class limits methods, or no firewall keeps a session", () => {
    const files = action("#[Route('/n')]", "publish", CHANGE);
    const [[path, text] = ["", ""]] = Object.entries(files);
    const limited = text.replace("\nclass ", "\n#[Route('/x', methods: ['POST'])]\nclass ");
    expect(limited).not.toBe(text);
    expect(faults({ [path]: limited })).toEqual([]);
    expect(faults({ ...files, ...securityYaml("stateless: true") })).toEqual([]);
  });
});
