/** Probes and lifecycle handlers of a container. */
import { type Static, int32, int64, intOrText, list, object, text } from './schema.ts'

export const ExecActionSchema = object('ExecAction', {}, { command: list(text()) })
export type ExecAction = Static<typeof ExecActionSchema>

export const ProbeHTTPHeaderSchema = object('ProbeHTTPHeader', { name: text(), value: text() }, {})
export type ProbeHTTPHeader = Static<typeof ProbeHTTPHeaderSchema>

export const HTTPGetActionSchema = object(
  'HTTPGetAction',
  { port: intOrText() },
  { host: text(), httpHeaders: list(ProbeHTTPHeaderSchema), path: text(), scheme: text() },
)
export type HTTPGetAction = Static<typeof HTTPGetActionSchema>

export const TCPSocketActionSchema = object('TCPSocketAction', { port: intOrText() }, { host: text() })
export type TCPSocketAction = Static<typeof TCPSocketActionSchema>

export const GRPCActionSchema = object('GRPCAction', { port: int32() }, { service: text() })
export type GRPCAction = Static<typeof GRPCActionSchema>

export const SleepActionSchema = object('SleepAction', { seconds: int64() }, {})
export type SleepAction = Static<typeof SleepActionSchema>

export const ProbeSchema = object(
  'Probe',
  {},
  {
    exec: ExecActionSchema,
    failureThreshold: int32(),
    grpc: GRPCActionSchema,
    httpGet: HTTPGetActionSchema,
    initialDelaySeconds: int32(),
    periodSeconds: int32(),
    successThreshold: int32(),
    tcpSocket: TCPSocketActionSchema,
    terminationGracePeriodSeconds: int64(),
    timeoutSeconds: int32(),
  },
)
export type Probe = Static<typeof ProbeSchema>

export const LifecycleHandlerSchema = object(
  'LifecycleHandler',
  {},
  { exec: ExecActionSchema, httpGet: HTTPGetActionSchema, sleep: SleepActionSchema, tcpSocket: TCPSocketActionSchema },
)
export type LifecycleHandler = Static<typeof LifecycleHandlerSchema>

export const LifecycleSchema = object(
  'Lifecycle',
  {},
  { postStart: LifecycleHandlerSchema, preStop: LifecycleHandlerSchema, stopSignal: text() },
)
export type Lifecycle = Static<typeof LifecycleSchema>
