/** Probes and lifecycle handlers with Kubernetes' defaults filled in. */
import type { Container, LifecycleHandler, Probe, ProbeAction, ProbeRequest } from '../../resources/index.ts'
import { UserError } from '../../resources/index.ts'

type Ports = NonNullable<Container['ports']>

export function probeOf(probe: Probe | undefined, ports: Ports): ProbeRequest | undefined {
  if (probe === undefined || probe === null) return undefined
  const action = probe.grpc !== undefined ? { kind: 'tcp' as const, port: probe.grpc.port } : actionOf(probe, ports)
  if (action === undefined) return undefined
  return {
    action,
    initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1000,
    periodMs: (probe.periodSeconds || 10) * 1000,
    timeoutMs: (probe.timeoutSeconds || 1) * 1000,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  }
}

export function handlerOf(handler: LifecycleHandler | undefined, ports: Ports): ProbeAction | undefined {
  if (handler === undefined || handler === null) return undefined
  if (handler.sleep !== undefined) return { kind: 'exec', command: ['sleep', String(handler.sleep.seconds)] }
  return actionOf(handler, ports)
}

function actionOf(from: Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket'>, ports: Ports): ProbeAction | undefined {
  if (from.exec !== undefined) return { kind: 'exec', command: from.exec.command ?? [] }
  if (from.httpGet !== undefined) {
    const { port, host, httpHeaders, path, scheme } = from.httpGet
    return {
      kind: 'http',
      path: path ?? '/',
      port: portNumber(port, ports),
      scheme: scheme?.toUpperCase() === 'HTTPS' ? 'HTTPS' : 'HTTP',
      ...(host === undefined ? {} : { host }),
      ...(httpHeaders === undefined ? {} : { headers: httpHeaders }),
    }
  }
  if (from.tcpSocket !== undefined) {
    const { port, host } = from.tcpSocket
    return { kind: 'tcp', port: portNumber(port, ports), ...(host === undefined ? {} : { host }) }
  }
  return undefined
}

/** A number, a number as text, or the name of one of the container's ports. */
function portNumber(port: number | string, ports: Ports): number {
  if (/^\d+$/.test(String(port))) return Number(port)
  const named = ports.find((other) => other.name === port)
  if (named === undefined) throw new UserError('UNKNOWN_PORT', `couldn't find port: ${port}`)
  return named.containerPort
}
