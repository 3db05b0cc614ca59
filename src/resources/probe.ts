/** Probes and lifecycle handlers of a container. */
import { type Static, int32, int64, intOrText, kubernetesObject, list, text } from './schema.ts'

export const ExecActionSchema = kubernetesObject('ExecAction', { command: list(text()) })
export type ExecAction = Static<typeof ExecActionSchema>

export const ProbeHTTPHeaderSchema = kubernetesObject('ProbeHTTPHeader', { name: text(), value: text() }, [
  'name',
  'value',
])
export type ProbeHTTPHeader = Static<typeof ProbeHTTPHeaderSchema>

export const HTTPGetActionSchema = kubernetesObject(
  'HTTPGetAction',
  { path: text(), port: intOrText(), host: text(), scheme: text(), httpHeaders: list(ProbeHTTPHeaderSchema) },
  ['port'],
)
export type HTTPGetAction = Static<typeof HTTPGetActionSchema>

export const TCPSocketActionSchema = kubernetesObject('TCPSocketAction', { port: intOrText(), host: text() }, ['port'])
export type TCPSocketAction = Static<typeof TCPSocketActionSchema>

export const GRPCActionSchema = kubernetesObject('GRPCAction', { port: int32(), service: text() }, ['port'])
export type GRPCAction = Static<typeof GRPCActionSchema>

export const SleepActionSchema = kubernetesObject('SleepAction', { seconds: int64() }, ['seconds'])
export type SleepAction = Static<typeof SleepActionSchema>

export const ProbeSchema = kubernetesObject('Probe', {
  exec: ExecActionSchema,
  httpGet: HTTPGetActionSchema,
  tcpSocket: TCPSocketActionSchema,
  grpc: GRPCActionSchema,
  initialDelaySeconds: int32(),
  timeoutSeconds: int32(),
  periodSeconds: int32(),
  successThreshold: int32(),
  failureThreshold: int32(),
  terminationGracePeriodSeconds: int64(),
})
export type Probe = Static<typeof ProbeSchema>

export const LifecycleHandlerSchema = kubernetesObject('LifecycleHandler', {
  exec: ExecActionSchema,
  httpGet: HTTPGetActionSchema,
  tcpSocket: TCPSocketActionSchema,
  sleep: SleepActionSchema,
})
export type LifecycleHandler = Static<typeof LifecycleHandlerSchema>

export const LifecycleSchema = kubernetesObject('Lifecycle', {
  postStart: LifecycleHandlerSchema,
  preStop: LifecycleHandlerSchema,
  stopSignal: text(),
})
export type Lifecycle = Static<typeof LifecycleSchema>
