/** Clients of the gateway's services, on the port that the page came from. */
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { CaptureService } from "../generated/rekam/v1/capture_pb";
import { DeviceService } from "../generated/rekam/v1/device_pb";
import { GatewayService } from "../generated/rekam/v1/gateway_pb";
import { token } from "./token";

const withToken: Interceptor = (next) => (request) => {
  if (token.value) request.header.set("Authorization", `Bearer ${token.value}`);
  return next(request);
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
