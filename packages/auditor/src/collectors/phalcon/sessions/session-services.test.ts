import { describe, expect, it } from "vitest";
import { evidenceOf, SERVICES } from "../testing-app.ts";

/** How sessions are stored if the services are these. */
function stored(services: string, others: Record<string, string> = {}) {
  const evidence = evidenceOf({ ...others, [SERVICES]: `<?php\n${services}` });
  const [session] = evidence.sessions;
  return {
    ...session?.storage,
    strictIds: session?.strictIds,
    isEncrypted: session?.isEncrypted.value,
  };
}

const ASKED = "\\SessionHandlerInterface, \\SessionUpdateTimestampHandlerInterface";

/** An adapter of the application's own in strict mode. */
function rows(body: string, interfaces = "\\SessionHandlerInterface"): string {
  return `class Rows implements ${interfaces} { function keep() { $this->db->execute("INSERT INTO kept"); } ${body} }
ini_set("session.use_strict_mode", 1);
$session = new \\Phalcon\\Session\\Manager(); $session->setAdapter(new Rows($di)); $session->start();`;
}

describe("sessionServices", () => {
  it("takes what the code makes without a variable that has no value", () => {
    const services = (value: string) => ({
      services: `$di->setShared("session", function () use ($config) {
  if (isset($config->session->adapter)) {
    $class = "Phalcon\\\\Session\\\\Adapter\\\\" . $config->session->adapter;
    return new $class([]);
  }
  return new \\Phalcon\\Session\\Adapter\\Stream();
});`,
      config: {
        "app/config/config.php": `<?php return ["session" => ["adapter" => ${value}]];`,
      },
    });
    const left = services('getenv("DESK_SESSIONS")');
    expect(stored(left.services, left.config)).toMatchObject({ value: "files" });
    const decided = services('"Redis"');
    expect(stored(decided.services, decided.config)).toMatchObject({ value: "redis" });
  });

  it("finds the service in a provider's class", () => {
    const provider = `use Phalcon\\Session\\{Manager, Adapter\\Stream};
class SessionProvider implements \\Phalcon\\Di\\ServiceProviderInterface {
  protected $name = "session";
  public function register(\\Phalcon\\Di\\DiInterface $di): void {
    $files = new Stream(["savePath" => "/srv/desk/sessions"]);
    $di->set($this->name, function () use ($files) {
      $session = new Manager();
      $session->setAdapter($files);
      $session->start();
      return $session;
    });
  }
}`;
    expect(stored(provider)).toMatchObject({
      value: "files",
      origin: { kind: "set", place: { line: 6 } },
    });
  });

  it("finds the service in an array's className, and in a class made from configuration", () => {
    expect(
      stored('$di->set("session", "Phalcon\\\\Session\\\\Adapter\\\\Libmemcached");'),
    ).toMatchObject({ value: "memcached" });
    const computed =
      '$class = "Phalcon\\\\Session\\\\Adapter\\\\" . ucfirst($config->session->adapter); $session = new $class([]);';
    const config = (adapter: string) => ({
      "config/config.ini": `[session]\nadapter = ${adapter}\n`,
    });
    expect(stored(computed, config("redis"))).toMatchObject({ value: "redis" });
    expect(stored(computed)).toMatchObject({ value: undefined, origin: { kind: "unknown" } });
  });

  it("lets the configuration choose among adapters", () => {
    const choice = `use Phalcon\\Session\\{Manager, Adapter\\Stream, Adapter\\Redis};
$session = new Manager();
$session->setAdapter($config->session->driver === "redis" ? new Redis($f) : new Stream());`;
    expect(
      stored(choice, { "config/config.php": "<?php return ['session' => ['driver' => 'redis']];" })
        .value,
    ).toBe("redis");
    expect(stored(choice)).toMatchObject({ value: undefined, origin: { kind: "unknown" } });
  });

  it("looks into adapters of the application's own", () => {
    const read = "function read($id) { return $this->crypt->decrypt($this->db->fetchOne($id)); }";
    expect(stored(rows(read))).toMatchObject({
      value: "database",
      strictIds: { value: false },
      isEncrypted: false,
    });
    const write = `${read} function write($id, $data) { return $this->put($id, $this->crypt->encrypt($data)); }`;
    const checks = "function validateId($id) { return $this->read($id) !== ''; }";
    expect(stored(rows(`${write} ${checks}`, ASKED))).toMatchObject({
      value: "database",
      strictIds: { value: true },
      isEncrypted: true,
    });
  });

  it("knows when PHP asks whether an id was issued", () => {
    const strict = (body: string, interfaces: string) =>
      stored(rows(body, interfaces)).strictIds?.value;
    const checks = "function validateId($id) { return $this->read($id) !== ''; }";
    expect(strict(checks, ASKED)).toBe(true);
    expect(strict(checks, "\\SessionHandlerInterface")).toBe(false);
    expect(strict("function validateId($id) { return true; }", ASKED)).toBe(false);
    expect(strict("", ASKED)).toBe(false);
  });

  it("follows what an adapter does with what it writes", () => {
    const sealed = (write: string, more = "") =>
      stored(rows(`function write($id, $data) { ${write} } ${more}`)).isEncrypted;
    const gcm = "openssl_encrypt($data, self::CIPHER, $this->key, 0, $nonce, $tag)";
    expect(sealed(`$this->put($id, ${gcm} . $tag);`, "const CIPHER = 'aes-256-gcm';")).toBe(true);
    expect(sealed(`$this->put($id, ${gcm} . $tag);`, "const CIPHER = 'aes-256-cbc';")).toBe(false);
    const inner = "private function seal($data) { return sodium_crypto_secretbox($data, $n, $k); }";
    expect(sealed("$this->put($id, $this->seal($data));", inner)).toBe(true);
    const cbc = "openssl_encrypt($data, 'aes-256-cbc', $this->key, 0, $iv)";
    expect(sealed(`$this->put($id, ${cbc});`)).toBe(false);
    expect(sealed(`$c = ${cbc}; $this->put($id, hash_hmac('sha256', $c, $this->mac) . $c);`)).toBe(
      true,
    );
    expect(sealed("$this->put($id, $data);")).toBe(false);
    expect(sealed("$this->put($id, $this->vault->encrypt($data));")).toBeUndefined();
  });

  it("keeps sessions where the adapter that is wrapped keeps them", () => {
    const wrapped = `use Phalcon\\Session\\Adapter\\{Redis, Stream};
class Counting extends \\SessionHandler { function __construct(private $next) {} function write($id, $data): bool { return $this->next->write($id, $data); } }
$session = new \\Phalcon\\Session\\Manager();
$unused = new Stream();
$redis = new Redis($factory, ["lifetime" => 600]);
$session->setAdapter(new Counting(new Counting($redis)));
$session->start();`;
    expect(stored(wrapped)).toMatchObject({ value: "redis", isEncrypted: false });
  });

  it("keeps sessions where the parent keeps them", () => {
    const files = `class Noting extends \\Phalcon\\Session\\Adapter\\Stream { function write($id, $data): bool { $this->log("redis"); return parent::write($id, $data); } }
$session = new \\Phalcon\\Session\\Manager(); $session->setAdapter(new Noting([])); $session->start();`;
    expect(stored(files).value).toBe("files");
  });

  it("knows PHP's own sessions where the framework sets none up", () => {
    const evidence = evidenceOf({ [SERVICES]: "<?php session_start();" });
    expect(evidence.sessions).toMatchObject([
      { library: "PHP's session functions", storage: { value: "files" } },
    ]);
    expect(evidence.observations).toContainEqual(
      expect.objectContaining({ topic: "eager-sessions", kind: "doubt" }),
    );
  });
});
