/** A gateway in this process, as `fetch` sees one: Connect's own server side over whatever a test says. */
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter, createConnectRouter } from "@connectrpc/connect";
import { createFetchHandler } from "@connectrpc/connect/protocol";
import { ErrorInfoSchema } from "../source/generated/google/rpc/error_details_pb";

/** Answer the page's calls by these services until another gateway takes over; the token of each call, as it came. */
export function answering(routes: (router: ConnectRouter) => void): string[] {
  const tokens: string[] = [];
  const router = createConnectRouter();
  routes(router);
  const methods = new Map(router.handlers.map((each) => [each.requestPath, createFetchHandler(each)]));
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, { ...init, duplex: "half" } as RequestInit);
    tokens.push(request.headers.get("Authorization")?.replace("Bearer ", "") ?? "");
    const method = methods.get(new URL(request.url).pathname);
    return method ? method(request) : new Response(null, { status: 404 });
  };
  return tokens;
}

/** No gateway: every call fails as the browser's own error. */
export function nobody(): void {
  globalThis.fetch = async () => {
    throw new TypeError("Failed to fetch");
  };
}

/** A refusal as the gateway words it. */
export function refused(reason: string, code = Code.Unauthenticated): ConnectError {
  const info = create(ErrorInfoSchema, { domain: "rekam", reason });
  return new ConnectError(reason, code, undefined, [{ desc: ErrorInfoSchema, value: info }]);
}

/** Something that a test lets come when it likes. */
export function later<T>(): { readonly come: (value: T) => void; readonly promise: Promise<T> } {
  let come: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    come = resolve;
  });
  return { come, promise };
}
