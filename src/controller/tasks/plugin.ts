/** The plugin template: each plugin is asked in turn until one takes it (semantics-templates.md §4.3). */
import { parseDurationMs } from '../../expressions/index.ts'
import type { TaskResult } from '../../engine/index.ts'
import type { Clock, ExecutorPlugin, Outputs, Template } from '../../resources/index.ts'
import { UserError } from '../../resources/index.ts'
import { backOffMs, quickBackOff } from '../back-off.ts'
import type { PluginConfig } from '../config.ts'
import type { AgentOwner } from '../plugins/agent-request.ts'
import type { Agents } from '../plugins/agents.ts'
import type { InProcessPlugin } from '../plugins/in-process.ts'
import { askInProcess } from '../plugins/in-process.ts'
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

export type PluginTask = AgentOwner & {
  readonly template: Template
  /** The workflow's own: nobody else is asked then. */
  readonly executorPlugins?: readonly ExecutorPlugin[]
}

type Hearing = { readonly tell: (why: string) => void; readonly signal: AbortSignal }
type Address = { readonly address: string; readonly token?: string }
/** `key` names the asker within a workflow. */
type Asker = {
  readonly key: string
  readonly ask: (question: PluginQuestion, hearing: Hearing) => Promise<PluginAnswer | 'unsupported'>
}

const finalPhases: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Error', 'Skipped'])
const answerWithinMs = 30_000

export class Plugins {
  readonly #clock: Clock
  readonly #agents: Agents
  readonly #operators: readonly Asker[]
  readonly #installed: (namespace: string) => readonly ExecutorPlugin[]
  /** By workflow: plugins that do not know the method are not asked again. */
  readonly #skipped = new Map<string, Set<string>>()

  constructor(parts: {
    readonly clock: Clock
    readonly agents: Agents
    readonly configured: readonly PluginConfig[]
    readonly inProcess: readonly InProcessPlugin[]
    /** Executor plugins that lie as ConfigMaps for the namespace; none where they are not allowed. */
    readonly installed: (namespace: string) => readonly ExecutorPlugin[]
  }) {
    this.#clock = parts.clock
    this.#agents = parts.agents
    this.#installed = parts.installed
    this.#operators = [
      ...parts.inProcess.map((plugin) => ({
        key: `module/${plugin.name}`,
        ask: (question: PluginQuestion, { signal }: Hearing) => askInProcess(plugin, question, signal),
      })),
      ...parts.configured.map((config) => this.#remote(`address/${config.name}`, () => Promise.resolve(config))),
    ]
  }

  /** `report` hears of phases that are not final. */
  async run(task: PluginTask, report: (result: TaskResult) => void, signal: AbortSignal): Promise<TaskResult> {
    const { name, namespace, uid, template } = task
    const question = { workflow: { metadata: { name, namespace, uid } }, template }
    const hearing = { tell: (message: string) => report({ phase: 'Pending', message }), signal }
    try {
      for (const asker of this.#askersOf(task)) {
        const result = await this.#askOne(asker, question, report, hearing)
        if (result !== null) return result
      }
    } catch (error) {
      signal.throwIfAborted()
      const message = error instanceof Error ? error.message : String(error)
      if (error instanceof UserError)
        return { phase: 'Error', message: `create agent pod failed with reason:"${message}"` }
      return { phase: 'Failed', message }
    }
    return { phase: 'Failed', message: 'no plugin executed the template' }
  }

  /** The workflow has ended. */
  leave(uid: string): void {
    this.#skipped.delete(uid)
    this.#agents.leave(uid)
  }

  #askersOf(task: PluginTask): readonly Asker[] {
    const { uid, namespace, executorPlugins } = task
    const plugins = this.#agents.pluginsOf(uid, () => executorPlugins ?? this.#installed(namespace))
    const own = plugins.map((plugin) =>
      this.#remote(`agent/${plugin.metadata.name ?? ''}`, (hearing) => this.#agents.address(task, plugin, hearing)),
    )
    return executorPlugins === undefined ? [...this.#operators, ...own] : own
  }

  /** `null`: not its business. */
  async #askOne(
    { key, ask }: Asker,
    question: PluginQuestion,
    report: (result: TaskResult) => void,
    hearing: Hearing,
  ): Promise<TaskResult | null> {
    const { uid } = question.workflow.metadata
    for (;;) {
      if (this.#skipped.get(uid)?.has(key) === true) return null
      const answer = await ask(question, hearing)
      if (answer === 'unsupported') {
        const skipped = this.#skipped.get(uid) ?? new Set()
        this.#skipped.set(uid, skipped.add(key))
        return null
      }
      const phase = answer.node?.phase
      if (answer.node === undefined || phase === undefined || phase === '') return null
      const result = { ...answer.node, phase: phase as TaskResult['phase'] }
      if (finalPhases.has(phase) || !answer.requeue) return result
      report(result)
      const waitMs = parseDurationMs(answer.requeue)
      await this.#clock.sleep(waitMs.ok ? waitMs.value : 10_000, hearing.signal)
    }
  }

  /** Asks over HTTP for as long as what fails may pass; the address is found anew for each try. */
  #remote(key: string, find: (hearing: Hearing) => Promise<Address>): Asker {
    return {
      key,
      ask: async (question, hearing) => {
        const body = new TextEncoder().encode(JSON.stringify(question))
        for (let failures = 1; ; failures += 1) {
          const { address, token } = await this.#found(find, hearing)
          const answer = await post(address, token, body, hearing.signal)
          if (answer?.status === 404) return 'unsupported'
          if (answer !== null && answer.status !== 503) {
            const text = new TextDecoder().decode(answer.body)
            if (answer.status !== 200) throw new Error(hidden(`${answer.status} ${answer.statusText}: ${text}`, token))
            return text.trim() === '' ? {} : ((JSON.parse(text) ?? {}) as PluginAnswer)
          }
          await this.#clock.sleep(backOffMs(quickBackOff, failures), hearing.signal)
        }
      },
    }
  }

  /** A plugin whose container ended is brought up again. */
  async #found(find: (hearing: Hearing) => Promise<Address>, hearing: Hearing): Promise<Address> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await find(hearing)
      } catch (error) {
        hearing.signal.throwIfAborted()
        if (error instanceof UserError) throw error
        hearing.tell(error instanceof Error ? error.message : String(error))
      }
      await this.#clock.sleep(backOffMs(quickBackOff, failures), hearing.signal)
    }
  }
}

/** `null`: nobody answered, which may pass. */
async function post(address: string, token: string | undefined, body: Uint8Array, signal: AbortSignal) {
  const headers = [
    { name: 'Content-Type', value: 'application/json' },
    ...(token === undefined ? [] : [{ name: 'Authorization', value: `Bearer ${token}` }]),
  ]
  const url = `${address.replace(/\/$/, '')}/api/v1/template.execute`
  const call = { method: 'POST', url, headers, body, insecureSkipVerify: false, timeoutMs: answerWithinMs }
  return httpCall(call, signal).catch((error: unknown) => {
    signal.throwIfAborted()
    if (
      /connection refused|EOF|connection reset|i\/o timeout|deadline exceeded|EHOSTUNREACH|no route to host/.test(
        String(error),
      )
    )
      return null
    throw error
  })
}

/** A plugin may say back what it was sent. */
const hidden = (text: string, token: string | undefined): string => (token ? text.replaceAll(token, '…') : text)
