import { expect, test } from "vitest";
import type { Outputs } from "@pilot-light/core/contract";
import type { StatusFacts } from "./status.ts";
import { costsOf } from "../plan/costs.ts";
import { changesBetween } from "./watch.ts";

const outputs = {
  dev_activated: true,
  application_url: "https://dev.example.com",
  backend_url: "",
  grafana_url: "",
  database_endpoint: "",
  cloudflare_cname_records: [],
} as Partial<Outputs> as Outputs;

const facts: StatusFacts = {
  outputs,
  services: { known: true, value: [{ name: "backend", running: 1, desired: 2 }] },
  database: { known: true, value: undefined },
  dumps: { known: true, value: [] },
  snapshots: { known: true, value: [] },
  costs: costsOf([]),
  unfinished: undefined,
};

test("each part that is different is a line, with its old and its new text", () => {
  const after: StatusFacts = {
    ...facts,
    outputs: { ...outputs, dev_activated: false, application_url: "" },
    services: { known: true, value: [{ name: "backend", running: 2, desired: 2 }] },
  };
  expect(changesBetween(facts, after)).toEqual([
    "mode  active -> pilot light",
    "application  https://dev.example.com -> none",
    "services  backend 1/2 -> backend 2/2",
  ]);
  expect(changesBetween(facts, facts)).toEqual([]);
});
