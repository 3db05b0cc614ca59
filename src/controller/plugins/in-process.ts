/** Plugins that are modules of this process: asked about templates under their own name, and guarded. */
import type { ArtifactDriver } from '../../artifacts/index.ts'
import type { Template } from '../../resources/index.ts'
import type { PluginAnswer, PluginQuestion } from '../tasks/plugin.ts'

export type PluginCall = PluginQuestion & {
  /** What stands under the plugin's name in the template, tags replaced. */
  readonly configuration: unknown
}

/** docs/plugins.md describes the modules that give these. */
export type InProcessPlugin = {
  /** The key in `plugin:` that is its business, and the name of its artifact storage. */
  readonly name: string
  /** What is wrong with a configuration: nothing, a text, or several. */
  readonly validate?: (configuration: unknown, template: Template) => unknown
  readonly execute?: (call: PluginCall, signal: AbortSignal) => Promise<PluginAnswer> | PluginAnswer
  readonly artifacts?: ArtifactDriver
}

/** @throws Error with what is wrong, which fails the node and nothing else */
export async function askInProcess(
  plugin: InProcessPlugin,
  question: PluginQuestion,
  signal: AbortSignal,
): Promise<PluginAnswer> {
  const { name, execute } = plugin
  const { template } = question
  if (execute === undefined || template.plugin === undefined || !Object.hasOwn(template.plugin, name)) return {}
  const configuration = template.plugin[name]
  const [wrong] = pluginComplaints(plugin, configuration, template)
  if (wrong !== undefined) throw new Error(wrong)
  try {
    const answer: unknown = await execute({ ...question, configuration }, signal)
    if (answer === undefined || answer === null) return {}
    if (typeof answer !== 'object') throw new Error(`execute answered ${typeof answer}, not an object`)
    return structuredClone(answer)
  } catch (error) {
    signal.throwIfAborted()
    throw new Error(`plugin ${name}: ${textOf(error)}`, { cause: error })
  }
}

/** What the plugin says against a configuration. */
export function pluginComplaints(plugin: InProcessPlugin, configuration: unknown, template: Template): string[] {
  try {
    const said = plugin.validate?.(configuration, template)
    if (said instanceof Promise) {
      said.catch(() => {})
      return [`plugin ${plugin.name}: validate must not be async`]
    }
    const texts = said === undefined || said === null ? [] : Array.isArray(said) ? (said as unknown[]) : [said]
    return texts.map((text) => `plugin ${plugin.name}: ${String(text)}`)
  } catch (error) {
    return [`plugin ${plugin.name}: ${textOf(error)}`]
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
