/** What plugin modules say against the templates that are theirs, before anything runs. */
import type { Path, Problem } from '../../admission/index.ts'
import { pathText } from '../../admission/index.ts'
import type { Template } from '../../resources/index.ts'
import type { InProcessPlugin } from './in-process.ts'
import { pluginComplaints } from './in-process.ts'

/** Inline templates too. A configuration with tags is looked at when they are replaced: right before it is executed. */
export function pluginProblems(
  plugins: readonly InProcessPlugin[],
  templates: readonly Template[] | undefined,
  at: Path = ['spec', 'templates'],
): Problem[] {
  if (!plugins.some(({ validate }) => validate !== undefined)) return []
  return (templates ?? []).flatMap((template, index) => problemsOf(plugins, template, [...at, index]))
}

function problemsOf(plugins: readonly InProcessPlugin[], template: Template, at: Path): Problem[] {
  const inline = [
    ...(template.steps ?? []).flatMap((group, i) =>
      group.map((step, j) => ({ inner: step.inline, at: [...at, 'steps', i, j, 'inline'] })),
    ),
    ...(template.dag?.tasks ?? []).map((task, i) => ({ inner: task.inline, at: [...at, 'dag', 'tasks', i, 'inline'] })),
  ]
  return [
    ...ownProblems(plugins, template, at),
    ...inline.flatMap(({ inner, at: place }) => (inner ? problemsOf(plugins, inner, place) : [])),
  ]
}

function ownProblems(plugins: readonly InProcessPlugin[], template: Template, at: Path): Problem[] {
  return plugins.flatMap((plugin) => {
    const { name } = plugin
    if (template.plugin === undefined || !Object.hasOwn(template.plugin, name)) return []
    const configuration = template.plugin[name]
    if (JSON.stringify(configuration ?? null).includes('{{')) return []
    const path = pathText([...at, 'plugin', name])
    return pluginComplaints(plugin, configuration, template).map((text) => ({
      message: `templates.${template.name ?? ''} ${text}`,
      path,
    }))
  })
}
