import { expect, test } from "vitest";
import { readVia } from "./via.ts";

test("the option has precedence over the variable, and the default is auto", () => {
  expect(readVia("ssm", { PILOT_LIGHT_VIA: "direct" })).toBe("ssm");
  expect(readVia(undefined, { PILOT_LIGHT_VIA: "direct" })).toBe("direct");
  expect(readVia(undefined, {})).toBe("auto");
});

test("an unknown route is refused", () => {
  expect(() => readVia(undefined, { PILOT_LIGHT_VIA: "vpn" })).toThrow("PILOT_LIGHT_VIA is vpn");
});
