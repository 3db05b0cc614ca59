/** What stands in for containers: by template, or by node where one call is to end otherwise. */
import { parseDurationMs } from '../expressions/index.ts'
import { UserError } from '../resources/index.ts'

export type Mock = {
  /** Of the main container; 0 if absent. Of a task without a container, other than 0 means it fails. */
  readonly exitCode?: number
  /** What it says on failure, after `main: Error (exit code 1): `. */
  readonly message?: string
  /** What a script prints. */
  readonly result?: string
  readonly outputs?: {
    /** `null`: the file is not there. */
    readonly parameters?: Readonly<Record<string, string | null>>
    /** Names of those that are there; all if absent. */
    readonly artifacts?: readonly string[]
    readonly result?: string
  }
  /** Time from start to end; a second if absent. A daemon without one runs on. */
  readonly duration?: string
  /** How often it fails before it goes well. */
  readonly fail?: number
  /** Keys that a data template's source holds. */
  readonly keys?: readonly string[]
}

export type Mocks = {
  readonly templates?: Readonly<Record<string, Mock>>
  readonly nodes?: Readonly<Record<string, Mock>>
}

/** The later ones win, name by name. */
export function mergedMocks(...layers: readonly (Mocks | undefined)[]): Mocks {
  return {
    templates: Object.assign({}, ...layers.map((layer) => layer?.templates ?? {})) as Record<string, Mock>,
    nodes: Object.assign({}, ...layers.map((layer) => layer?.nodes ?? {})) as Record<string, Mock>,
  }
}

export type Asked = { readonly nodeName: string; readonly templateName: string }

export class MockBook {
  readonly #mocks: Mocks
  readonly #workflowName: string
  readonly #calls = new Map<string, number>()

  constructor(mocks: Mocks, workflowName: string) {
    this.#mocks = mocks
    this.#workflowName = workflowName
  }

  /** By the node's whole name, its name without the workflow's, without the attempt's number, then by template. */
  find({ nodeName, templateName }: Asked): Mock | undefined {
    const { nodes = {}, templates = {} } = this.#mocks
    for (const name of [nodeName, withoutAttempt(nodeName)]) {
      const found = nodes[name] ?? nodes[relativeName(name, this.#workflowName)]
      if (found !== undefined) return found
    }
    return templates[templateName]
  }

  /** The exit code of this call; calls of one node (its attempts) are counted. */
  exitCode(asked: Asked): number {
    const mock = this.find(asked)
    if (mock?.fail === undefined) return mock?.exitCode ?? 0
    const key = withoutAttempt(asked.nodeName)
    const calls = (this.#calls.get(key) ?? 0) + 1
    this.#calls.set(key, calls)
    return calls <= mock.fail ? mock.exitCode || 1 : 0
  }
}

const withoutAttempt = (name: string): string => name.replace(/\(\d+\)$/, '')

/** `[0].a` of `wf[0].a`, `a` of `wf.a`; the root itself is `.`. */
export function relativeName(nodeName: string, workflowName: string): string {
  if (nodeName === workflowName) return '.'
  if (!nodeName.startsWith(workflowName)) return nodeName
  const rest = nodeName.slice(workflowName.length)
  return rest.startsWith('.') ? rest.slice(1) : rest
}

const usualMs = 1000

export function durationMs(text: string | undefined): number {
  if (text === undefined) return usualMs
  const parsed = parseDurationMs(String(text))
  if (!parsed.ok) throw new UserError('BAD_DURATION', `mock: ${parsed.error}`)
  return parsed.value
}
