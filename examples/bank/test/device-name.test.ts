/**
 * Names of devices, from user agents that are about.
 * @module
 */
import { expect, it } from "vitest";
import { deviceName, isPhone } from "../src/device-name.ts";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

for (const [name, userAgent] of [
  ["Firefox on Windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Firefox/140.0"],
  [
    "Edge on Windows",
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0`,
  ],
  [
    "Chrome on Android",
    `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/150.0.0.0 Mobile Safari/537.36`,
  ],
  [
    "Safari on Mac",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
  ],
  [
    "Chrome on iPhone",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 CriOS/150.0 Mobile/15E148 Safari/604.1",
  ],
  ["Linux", "Links (2.29; Linux 6.1 x86_64)"],
  ["Unknown device", "curl/8.0"],
  ["Unknown device", ""],
  ["Unknown device", undefined],
] as const) {
  it(`calls ${userAgent ?? "nothing"} "${name}"`, () => {
    expect(deviceName(userAgent)).toBe(name);
  });
}

it("knows a phone from a desk", () => {
  expect(isPhone("Mozilla/5.0 (Linux; Android 10; K)")).toBe(true);
  expect(isPhone("Mozilla/5.0 (X11; Linux x86_64)")).toBe(false);
});
