export {
  type DiscoveryOptions,
  discoverGateways,
} from './discovery/discover.js';
export { type GatewayEntry, parseDiscoveryDocument } from './discovery/document.js';
export {
  type CachedGateways,
  GatewayDiscovery,
  type GatewayDiscoveryOptions,
} from './discovery/gateway-discovery.js';
export { checkGatewayHealth } from './discovery/health.js';
export { responseJsonObject, responseText } from './http/body.js';
export { createHttpClient, type HttpClientOptions } from './http/client.js';
export type { HttpBackend, HttpClient, HttpExchange, HttpRequest, HttpResponse } from './http/types.js';
export { isDnsFailure, MemoryDnsFallback } from './net/dns-fallback.js';
export { isLocalhostName } from './net/localhost.js';
export type { DnsFallbackStore, HostAddress, HostLookup, NetworkOptions, TlsOptions } from './net/options.js';
export { decodeClientFrame } from './rpc/decode-client-frame.js';
export { decodeServerFrame } from './rpc/decode-server-frame.js';
export {
  encodeChallenge,
  encodeError,
  encodeEvent,
  encodeNotification,
  encodeRequest,
  encodeResult,
} from './rpc/encode-frame.js';
export { FlowControl, type FlowControlOptions, type FlowTicket } from './rpc/flow-control.js';
export {
  type ClientFrame,
  type FrameExtras,
  MAX_NOTIFICATION_PARAMS_BYTES,
  MAX_REQUEST_BYTES,
  type RpcErrorObject,
  type RpcId,
  type ServerFrame,
} from './rpc/frames.js';
export type { MetaSource, RpcObserver, TraceRecord } from './rpc/observer.js';
export {
  type CallOptions,
  defaultCallTimeoutMs,
  type PeerClose,
  type PeerEvent,
  type RpcPeerEvents,
  type RpcPeerOptions,
} from './rpc/peer-options.js';
export { type PreAuthOptions, preAuthCall } from './rpc/pre-auth.js';
export { type NotifyTarget, type RoutedNotification, routeNotification } from './rpc/route-notification.js';
export { RpcPeer } from './rpc/rpc-peer.js';
export {
  appendSpan,
  isTraceId,
  MAX_TRACE_SPANS,
  MAX_TRACE_TEXT,
  minTraceMode,
  parseTrace,
  startTrace,
  type Trace,
  type TraceMode,
  type TraceSpan,
} from './rpc/trace.js';
export { exceedsUtf8Bytes } from './rpc/utf8-size.js';
export { Heartbeat, type HeartbeatOptions, heartbeatSeconds } from './session/heartbeat.js';
export { platformWakeUp } from './session/platform-wake-up.js';
export { PullGate, type PullGateOptions, type PullTurn } from './session/pull-gate.js';
export {
  ReconnectPolicy,
  type ReconnectPolicyOptions,
  type ReconnectStep,
  type RoundOutcome,
} from './session/reconnect-policy.js';
export { isReconnectCloseCode, isRetryableReconnectError } from './session/reconnect-rules.js';
export { ReplayGuard, type ReplayGuardOptions } from './session/replay-guard.js';
export {
  domWakeUp,
  interruptibleSleep,
  neverWakeUp,
  type WakeUpReason,
  type WakeUpScope,
  type WakeUpSource,
} from './session/wake-up.js';
export { type NativeWebSocket, nativeSocketOpener } from './socket/native-socket.js';
export { openSocket } from './socket/open-socket.js';
export type {
  CloseInfo,
  SocketListener,
  SocketOpener,
  SocketOptions,
  WireSocket,
} from './socket/wire-socket.js';
export { type AidUrlOptions, agentMdUrl, discoveryUrls } from './url/aid-url.js';
export { gatewayHttpUrl, peerCertUrl, peerGatewayUrl } from './url/gateway-url.js';
