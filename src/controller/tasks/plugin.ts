/** The plugin template: each plugin is asked in turn until one takes it (semantics-templates.md §4.3). */
import { parseDurationMs } from '../../expressions/index.ts'
import type { TaskResult } from '../../engine/index.ts'
import type { Clock, Outputs, Template } from '../../resources/index.ts'
import { backOffMs, quickBackOff } from '../back-off.ts'
import type { PluginConfig } from '../config.ts'
import { httpCall } from './http-client.ts'

export type PluginQuestion = {
  readonly workflow: { readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string } }
  readonly template: Template
}

export type PluginAnswer = {
  readonly node?: {
    readonly phase?: string
    readonly message?: string
    readonly outputs?: Outputs
    readonly progress?: string
  }
  readonly requeue?: string
}

/** A plugin that lives in this process. */
export type InProcessPlugin = (question: PluginQuestion, signal: AbortSignal) => Promise<PluginAnswer>

type Ask = (question: PluginQuestion, signal: AbortSignal) => Promise<PluginAnswer | 'unsupported'>

const finalPhases: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Error'])

export class Plugins {
  readonly #clock: Clock
  readonly #askers: Ask[] = []
  /** Plugins that do not know the method are skipped from then on. */
  readonly #skipped = new Set<Ask>()

  constructor(parts: {
    readonly clock: Clock
    readonly configured: readonly PluginConfig[]
    readonly inProcess: readonly InProcessPlugin[]
  }) {
    this.#clock = parts.clock
    this.#askers.push(...parts.inProcess, ...parts.configured.map((config) => this.#remote(config)))
  }

  /** `report` hears of phases that are not final. */
  async run(question: PluginQuestion, report: (result: TaskResult) => void, signal: AbortSignal): Promise<TaskResult> {
    for (const ask of this.#askers) {
      if (this.#skipped.has(ask)) continue
      try {
        for (;;) {
          const answer = await ask(question, signal)
          if (answer === 'unsupported') {
            this.#skipped.add(ask)
            break
          }
          const phase = answer.node?.phase
          if (answer.node === undefined || phase === undefined || phase === '') break
          const result = { ...answer.node, phase: phase as TaskResult['phase'] }
          if (finalPhases.has(phase)) return result
          report(result)
          if (!answer.requeue) return result
          const waitMs = parseDurationMs(answer.requeue)
          await this.#clock.sleep(waitMs.ok ? waitMs.value : 10_000, signal)
        }
      } catch (error) {
        signal.throwIfAborted()
        return { phase: 'Failed', message: error instanceof Error ? error.message : String(error) }
      }
    }
    return { phase: 'Failed', message: 'no plugin executed the template' }
  }

  #remote({ address, token }: PluginConfig): Ask {
    const url = `${address.replace(/\/$/, '')}/api/v1/template.execute`
    const headers = [
      { name: 'Content-Type', value: 'application/json' },
      ...(token === undefined ? [] : [{ name: 'Authorization', value: `Bearer ${token}` }]),
    ]
    return async (question, signal) => {
      const body = new TextEncoder().encode(JSON.stringify(question))
      for (let failures = 1; ; failures += 1) {
        const call = { method: 'POST', url, headers, body, insecureSkipVerify: false, timeoutMs: 30_000 }
        const answer = await httpCall(call, signal).catch((error: unknown) => {
          signal.throwIfAborted()
          if (/connection refused|EOF|connection reset|i\/o timeout|deadline exceeded/.test(String(error))) return null
          throw error
        })
        if (answer?.status === 404) return 'unsupported'
        if (answer !== null && answer.status !== 503) {
          const text = new TextDecoder().decode(answer.body)
          if (answer.status !== 200) throw new Error(`${answer.status} ${answer.statusText}: ${text}`)
          return (text.trim() === '' ? {} : JSON.parse(text)) as PluginAnswer
        }
        await this.#clock.sleep(backOffMs(quickBackOff, failures), signal)
      }
    }
  }
}
