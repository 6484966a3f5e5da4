/** For unit tests: `mockClient`, which is reverted after the test, because the test files of a worker share the classes of the clients. */
import { mockClient as mock } from "aws-sdk-client-mock";
import { onTestFinished } from "vitest";

export const mockClient: typeof mock = (client) => {
  const mocked = mock(client);
  onTestFinished(() => {
    mocked.restore();
  });
  return mocked;
};
