/** What Terraform is working on, and how long that usually takes. */
import type { Printer } from "@pilot-light/core/output/printer";
import { formatDuration } from "@pilot-light/core/output/format";
import { usualMinutes } from "../plan/durations.ts";
import type { ResourceEvent } from "../terraform/events.ts";

/** A resource that takes longer gets its own line when Terraform has finished it. */
const longSeconds = 20;

/**
 * The readable name of a resource: `aws_lb edge load-balancer` for `aws_lb.edge_load-balancer_6179E42A[0]`. CDKTF adds the eight
 * digits. A resource that exists in only one mode has the index 0.
 */
export function shortAddress(address: string): string {
  const parts = /^(?<type>\w+)\.(?<name>[\w-]+?)(?:_[0-9A-F]{8})?(?<index>\[.+\])?$/.exec(address)?.groups;
  if (parts === undefined) return address;
  const { type = "", name = "", index = "" } = parts;
  return `${type} ${name.replaceAll("_", " ")}${index === "" || index === "[0]" ? "" : ` ${index}`}`;
}

/** Follows the events of an apply. */
export class Progress {
  /** A replaced resource has two events: deleted, created. */
  readonly #done = new Set<string>();
  readonly #running = new Map<string, { type: string; action: string }>();
  readonly #all: number;
  readonly #printer: Printer;

  constructor(all: number, printer: Printer) {
    this.#all = all;
    this.#printer = printer;
  }

  get done(): number {
    return this.#done.size;
  }

  /** Takes an event; returns the text to show while Terraform runs. */
  take({ type, hook }: ResourceEvent): string {
    const { addr, resource_type: resource } = hook.resource;
    const name = this.#printer.verbose ? addr : shortAddress(addr);
    if (type === "apply_start") {
      this.#running.set(addr, { type: resource, action: hook.action });
      const minutes = usualMinutes(resource, hook.action) ?? 0;
      if (minutes >= 2 && !this.#printer.redraws) {
        this.#printer.progress(`    ${verb(hook.action)} ${name}, usually ${minutes} min`);
      }
    } else {
      this.#running.delete(addr);
      const seconds = hook.elapsed_seconds ?? 0;
      if (type === "apply_complete") {
        this.#done.add(addr);
        if (seconds >= longSeconds) {
          this.#printer.progress(`    ${pastVerb(hook.action)} ${name} in ${formatDuration(seconds * 1000)}`);
        }
      }
    }
    const slow = [...this.#running.values()]
      .map((running) => ({ ...running, minutes: usualMinutes(running.type, running.action) ?? 0 }))
      .sort((a, b) => b.minutes - a.minutes)[0];
    const now =
      slow === undefined
        ? ""
        : `, ${verb(slow.action)} ${slow.type}${slow.minutes > 0 ? `, usually ${slow.minutes} min` : ""}`;
    return `${this.#printer.bar(this.done, this.#all, "changes")}${now}`;
  }
}

const verbs: Readonly<Record<string, readonly [now: string, past: string]>> = {
  create: ["creating", "created"],
  update: ["changing", "changed"],
  delete: ["destroying", "destroyed"],
};

function verb(action: string): string {
  return verbs[action]?.[0] ?? action;
}

function pastVerb(action: string): string {
  return verbs[action]?.[1] ?? action;
}
