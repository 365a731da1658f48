/**
 * How long the auditor takes and how much memory it needs: `node dist/corpus/speed.js [FILES]`. Makes an application
 * of that many files in a temporary folder, half PHP and half JavaScript, and runs the command on it as a user would.
 * @module
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const count = Number(process.argv[2] ?? 10_000);
const folder = mkdtempSync(join(tmpdir(), "holdfast-speed-"));
const command = fileURLToPath(new URL("../cli.js", import.meta.url));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** A controller as applications have them: some 60 lines, with a form, a session and a log line. */
function controller(number: number): string {
  const actions = Array.from(
    { length: 5 },
    (_, action) => `
    #[Route('/items/${number}/${action}', methods: ['POST'])]
    public function action${action}(Request $request, LoggerInterface $logger): Response
    {
        $form = $this->createForm(ItemType::class);
        $form->handleRequest($request);
        if ($form->isSubmitted() && $form->isValid()) {
            $request->getSession()->set('last-item', ${number});
            $logger->info('saved', ['item' => ${number}]);
        }
        return $this->render('item.html.twig', ['form' => $form]);
    }`,
  );
  return `<?php

namespace App\\Controller;

class Item${number}Controller extends AbstractController
{${actions.join("\n")}
}
`;
}

function module_(number: number): string {
  return Array.from(
    { length: 8 },
    (_, n) => `export function part${n}(items, options = { size: ${number} }) {
  const found = items.filter((item) => item.size > options.size && item.name !== "");
  if (found.length === 0) throw new Error("nothing of this size");
  return found.map(({ name, size }) => ({ name: name.trim(), size: size * ${n + 1} }));
}
`,
  ).join("\n");
}

function build(): void {
  const packages = ["framework-bundle", "security-bundle"].map((name) => ({
    name: `symfony/${name}`,
    version: "v7.2.5",
  }));
  write("composer.json", JSON.stringify({ require: { "symfony/framework-bundle": "^7.2" } }));
  write("composer.lock", JSON.stringify({ packages, "packages-dev": [] }));
  write("bin/console", "#!/usr/bin/env php\n");
  write("config/packages/framework.yaml", "framework:\n    session: true\n");
  write(
    "config/packages/security.yaml",
    "security:\n    firewalls:\n        main:\n            form_login: ~\n            logout: ~\n",
  );
  const dependencies = { express: "^5.0.0", "express-session": "^1.18.0" };
  write("shop/package.json", JSON.stringify({ name: "shop", type: "module", dependencies }));
  write(
    "shop/app.js",
    'import express from "express";\nimport session from "express-session";\nconst app = express();\napp.use(session({ secret: process.env.S }));\napp.listen(3000);\n',
  );
  for (let number = 0; number < count / 2; number++) {
    write(`src/Controller/Area${number % 50}/Item${number}Controller.php`, controller(number));
    write(`shop/lib/area${number % 50}/part${number}.js`, module_(number));
  }
  const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, stdio: "ignore" });
  git("init", "-q");
  git("add", "-A");
  git("-c", "user.name=speed", "-c", "user.email=speed@localhost", "commit", "-qm", "all");
  write("src/Controller/Area0/Item0Controller.php", `${controller(0)}$_SESSION['x'] = 1;\n`);
  git("add", "-A");
}

/** Seconds until the command ended, and the most memory it held. */
async function run(
  ...args: string[]
): Promise<{ seconds: number; megabytes: number; code: number | null }> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [command, "source", folder, "--quiet", ...args], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, XDG_CACHE_HOME: join(folder, ".git/cache") },
  });
  let pages = 0;
  const timer = setInterval(() => {
    pages = Math.max(pages, residentKilobytes(child.pid));
  }, 20);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearInterval(timer);
  return { seconds: (performance.now() - startedAt) / 1000, megabytes: pages / 1024, code };
}

function residentKilobytes(pid: number | undefined): number {
  try {
    return Number(
      execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }).trim(),
    );
  } catch {
    return 0; // It has just ended.
  }
}

try {
  build();
  const rows: [string, Awaited<ReturnType<typeof run>>][] = [
    ["first run", await run()],
    ["second run", await run()],
    ["one file changed, --staged", await run("--staged")],
  ];
  process.stdout.write(`| ${count} files | s | MB | exit code |\n| --- | ---: | ---: | ---: |\n`);
  for (const [title, { seconds, megabytes, code }] of rows) {
    process.stdout.write(
      `| ${title} | ${seconds.toFixed(1)} | ${megabytes.toFixed(0)} | ${code} |\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
