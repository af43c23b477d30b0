/** Clients of the gateway's services, on the port that the page came from. */
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { CaptureService } from "../generated/rekam/v1/capture_pb";
import { DeviceService } from "../generated/rekam/v1/device_pb";
import { GatewayService } from "../generated/rekam/v1/gateway_pb";
import { failureOf } from "./failure";
import { token, unpaired } from "./token";

/** Sends the token, and notes where the gateway takes it no more: of a unary call; the stream of `follow` tells of itself. */
const withToken: Interceptor = (next) => async (request) => {
  const held = token.value;
  if (held) request.header.set("Authorization", `Bearer ${held}`);
  try {
    return await next(request);
  } catch (thrown) {
    if (failureOf(thrown).reason === "PAIRING_REQUIRED") unpaired(held);
    throw thrown;
  }
};

const transport = createConnectTransport({
  baseUrl: globalThis.location?.origin ?? "https://127.0.0.1:7412",
  useBinaryFormat: true,
  interceptors: [withToken],
});

/** A client of `service`; cheap, so that each view makes its own of the services that it alone needs. */
export function clientOf<S extends DescService>(service: S): Client<S> {
  return createClient(service, transport);
}

export const gatewayClient = clientOf(GatewayService);
export const deviceClient = clientOf(DeviceService);
export const captureClient = clientOf(CaptureService);

/** A key for one deliberate action: repeats of the same request with it do the action once. */
export function idempotencyKey(): string {
  return crypto.randomUUID();
}
