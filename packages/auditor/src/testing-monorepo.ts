/**
 * A repository with two applications, for tests of what reads several at once.
 * @module
 */

const MANIFEST = JSON.stringify({ require: { "symfony/framework-bundle": "^7.2" } });

/** Two Symfony applications with so many files, one of which does not parse. */
export function monorepo(count: number): Record<string, string> {
  const files: Record<string, string> = {};
  for (const root of ["admin", "shop"]) {
    files[`${root}/composer.json`] = MANIFEST;
    files[`${root}/bin/console`] = "#!/usr/bin/env php";
    files[`${root}/config/packages/framework.yaml`] = "framework:\n    session: true\n";
    files[`${root}/src/Broken.php`] = "<?php class { (";
    for (let number = 0; number < count; number += 1) {
      files[`${root}/src/Part${number}.php`] = `<?php class Part${number} {}`;
    }
  }
  return files;
}
