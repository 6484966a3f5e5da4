/** Codes that no integration test provokes: why no real server or program can, and the unit test that creates the error. */
export interface Unprovoked {
  reason: string;
  /** Path of the test. It names the code. */
  unit: string;
}

export const unprovoked: Readonly<Record<string, Unprovoked>> = {};
