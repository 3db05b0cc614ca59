/**
 * Startup, readiness and liveness probes, run by us as kubelet runs them: what could not be asked is no answer (kubelet throws
 * away the result of a probe that errored), be it that the engine is away or that this process stood still.
 */
import { request as requestTls } from 'node:https'
import { connect } from 'node:net'
import type { ProbeAction, ProbeRequest } from '../../resources/index.ts'
import { http } from '../../resources/index.ts'
import type { EngineClient } from './client.ts'
import { bodyOf, EngineError } from './client.ts'
import type { PlannedContainer } from '../plan.ts'
import { numberOr, record, textOr } from './wire.ts'

/** `null`: nobody can say. */
type Answer = boolean | null

/** Who hears of an answer so long after the time for it was over stood still meanwhile. */
const asleepMs = 1_000

export type ProbeTarget = { readonly containerId: string; readonly ip: string | null }

export type ProberEvents = {
  readonly onReady: (isReady: boolean) => void
  /** The container is to be killed; the text says which probe failed. */
  readonly onDead: (why: string) => void
}

export class Prober {
  private readonly abort = new AbortController()
  private readonly client: EngineClient
  private readonly target: ProbeTarget
  private readonly events: ProberEvents

  constructor(client: EngineClient, planned: PlannedContainer, target: ProbeTarget, events: ProberEvents) {
    this.client = client
    this.target = target
    this.events = events
    void this.run(planned)
  }

  static isNeeded(planned: PlannedContainer): boolean {
    return Boolean(planned.startupProbe ?? planned.readinessProbe ?? planned.livenessProbe)
  }

  stop(): void {
    this.abort.abort()
  }

  private async run(planned: PlannedContainer): Promise<void> {
    if (planned.startupProbe && !(await this.untilStarted(planned.startupProbe))) return
    if (planned.readinessProbe) void this.repeat(planned.readinessProbe, this.events.onReady)
    else this.events.onReady(true)
    if (planned.livenessProbe) {
      void this.repeat(planned.livenessProbe, (isAlive) => {
        if (!isAlive) this.dead('Liveness probe failed')
      })
    }
  }

  private async untilStarted(probe: ProbeRequest): Promise<boolean> {
    let isStarted = false
    await this.repeat(probe, (isGood) => {
      isStarted = isGood
      if (!isGood) this.dead('Startup probe failed')
      return 'stop'
    })
    return isStarted
  }

  private async ask({ action, timeoutMs }: ProbeRequest): Promise<Answer> {
    const began = performance.now()
    const answer = await answerOf(this.client, action, this.target, timeoutMs, this.abort.signal)
    return answer === false && performance.now() - began > timeoutMs + asleepMs ? null : answer
  }

  private dead(why: string): void {
    if (this.abort.signal.aborted) return
    this.stop()
    this.events.onDead(why)
  }

  /** Tells each change over the thresholds; a probe begins undecided. */
  private async repeat(probe: ProbeRequest, tell: (isGood: boolean) => void | 'stop'): Promise<void> {
    const { signal } = this.abort
    let good = 0
    let bad = 0
    let told: boolean | null = null
    await pause(probe.initialDelayMs, signal)
    while (!signal.aborted) {
      const answer = await this.ask(probe)
      if (signal.aborted) return
      good = answer === true ? good + 1 : answer === null ? good : 0
      bad = answer === false ? bad + 1 : answer === null ? bad : 0
      let verdict: boolean | null = told
      if (good >= Math.max(1, probe.successThreshold)) verdict = true
      else if (bad >= Math.max(1, probe.failureThreshold)) verdict = false
      if (verdict !== null && verdict !== told) {
        told = verdict
        if (tell(verdict) === 'stop') return
      }
      await pause(Math.max(100, probe.periodMs), signal)
    }
  }
}

/** Whether the action of a lifecycle hook went well; whatever goes wrong is a no. */
export async function runAction(...action: Parameters<typeof answerOf>): Promise<boolean> {
  return (await answerOf(...action)) === true
}

async function answerOf(
  client: EngineClient,
  action: ProbeAction,
  target: ProbeTarget,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Answer> {
  try {
    if (action.kind === 'exec') return await execSucceeds(client, target.containerId, action.command, timeoutMs, signal)
    const host = action.host ?? target.ip
    if (host === null) return false
    return action.kind === 'tcp'
      ? await tcpOpens(host, action.port, timeoutMs)
      : await httpAnswers(action, host, timeoutMs)
  } catch (error) {
    return isUnasked(error) ? null : false
  }
}

/** The engine is away, or the container is paused, or on its way out. */
const isUnasked = (error: unknown): boolean => error instanceof EngineError && [0, 404, 409].includes(error.status)

async function execSucceeds(
  client: EngineClient,
  containerId: string,
  command: readonly string[],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const body = { Cmd: command, AttachStdout: true, AttachStderr: true }
  const created = record(await client.json('createExec', 'POST', `/containers/${containerId}/exec`, { body, signal }))
  const id = textOr(created.Id, '')
  const limit = AbortSignal.timeout(Math.max(1, timeoutMs))
  const stream = await client.stream('startExec', 'POST', `/exec/${id}/start`, {
    body: { Detach: false, Tty: false },
    deadlineMs: 0,
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  })
  await bodyOf(stream)
  const ended = record(await client.json('inspectExec', 'GET', `/exec/${id}/json`, { signal }))
  return ended.Running === false && numberOr(ended.ExitCode, -1) === 0
}

function tcpOpens(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs })
    const settle = (isOpen: boolean): void => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.on('connect', () => settle(true))
    socket.on('timeout', () => settle(false))
    socket.on('error', () => settle(false))
  })
}

function httpAnswers(
  action: Extract<ProbeAction, { kind: 'http' }>,
  host: string,
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = Object.fromEntries((action.headers ?? []).map(({ name, value }) => [name, value]))
    const path = action.path.startsWith('/') ? action.path : `/${action.path}`
    const send = action.scheme === 'HTTPS' ? requestTls : http.request
    const options = { host, port: action.port, path, headers, timeout: timeoutMs, rejectUnauthorized: false }
    const call = send(options, (response) => {
      response.resume()
      const status = response.statusCode ?? 0
      resolve(status >= 200 && status < 400)
      call.destroy()
    })
    call.on('timeout', () => call.destroy())
    call.on('error', () => resolve(false))
    call.on('close', () => resolve(false))
    call.end()
  })
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || ms <= 0) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}
