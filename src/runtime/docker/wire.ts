/** The engine's JSON, read as far as it is used here. */
import { type Instant, instant } from '../../resources/index.ts'

export type WireRecord = Readonly<Record<string, unknown>>

export const record = (value: unknown): WireRecord =>
  typeof value === 'object' && value !== null ? (value as WireRecord) : {}
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const textOr = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise)
export const numberOr = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise)
export const textsOf = (value: unknown): readonly string[] => list(value).filter((one) => typeof one === 'string')

export function labelsOf(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(record(value)).filter((pair): pair is [string, string] => typeof pair[1] === 'string')
  return Object.fromEntries(entries)
}

/** A row of `GET /containers/json`. */
export type ListedContainer = {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`. */
  readonly state: string
}

export function listedContainer(value: unknown): ListedContainer {
  const row = record(value)
  return {
    id: textOr(row.Id, ''),
    name: (textsOf(row.Names)[0] ?? '').replace(/^\//, ''),
    labels: labelsOf(row.Labels),
    state: textOr(row.State, ''),
  }
}

/** What `GET /containers/<id>/json` says of a container. Times are the engine's clock; `null` for never. */
export type InspectedContainer = {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly status: string
  readonly exitCode: number
  readonly isOomKilled: boolean
  readonly error: string
  readonly startedAt: Instant | null
  readonly finishedAt: Instant | null
  readonly ip: string | null
  readonly memoryLimitBytes: number
}

export function inspectedContainer(value: unknown): InspectedContainer {
  const whole = record(value)
  const state = record(whole.State)
  const network = record(whole.NetworkSettings)
  const ips = Object.values(record(network.Networks)).map((one) => textOr(record(one).IPAddress, ''))
  return {
    id: textOr(whole.Id, ''),
    name: textOr(whole.Name, '').replace(/^\//, ''),
    labels: labelsOf(record(whole.Config).Labels),
    status: textOr(state.Status, ''),
    exitCode: numberOr(state.ExitCode, 0),
    isOomKilled: state.OOMKilled === true,
    error: textOr(state.Error, ''),
    startedAt: engineTime(state.StartedAt),
    finishedAt: engineTime(state.FinishedAt),
    ip: ips.find((ip) => ip !== '') ?? null,
    memoryLimitBytes: numberOr(record(whole.HostConfig).Memory, 0),
  }
}

/** Docker writes year 1 for «never». */
export function engineTime(value: unknown): Instant | null {
  const text = textOr(value, '')
  if (text === '' || text.startsWith('0001-')) return null
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? null : instant(ms)
}

export type EngineEvent = {
  readonly action: string
  readonly containerId: string
  readonly labels: Readonly<Record<string, string>>
  readonly exitCode: number | null
}

export function engineEvent(value: unknown): EngineEvent {
  const event = record(value)
  const actor = record(event.Actor)
  const labels = labelsOf(actor.Attributes)
  const code = labels.exitCode === undefined ? Number.NaN : Number(labels.exitCode)
  return {
    action: textOr(event.Action, textOr(event.status, '')).split(':')[0] ?? '',
    containerId: textOr(actor.ID, ''),
    labels,
    exitCode: Number.isInteger(code) ? code : null,
  }
}

/** The JSON values of a stream that has one in each line. */
export async function* parseLines(source: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of source) {
    rest += decoder.decode(chunk as Buffer, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line)
  }
  if (rest.trim() !== '') yield JSON.parse(rest)
}
