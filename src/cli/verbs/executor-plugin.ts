/** `drydock executor-plugin build DIR`: from `plugin.yaml` and a script beside it to the ConfigMap that installs the plugin. */
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { configMapOf, formatProblem, parseManifests, readExecutorPlugin } from '../../admission/index.ts'
import type { ConfigMap, ExecutorPlugin } from '../../resources/index.ts'
import { UserError } from '../../resources/index.ts'
import { contextOf } from '../globals.ts'

export function registerExecutorPlugin(program: Command): void {
  program
    .command('executor-plugin')
    .description('executor plugins')
    .command('build')
    .description('write the ConfigMap of the plugin in a folder')
    .argument('<folder>')
    .action(async (folder: string, _flags: object, command: Command) => {
      const { say } = contextOf(command)
      const map = await builtPlugin(folder)
      const path = join(folder, `${map.metadata.name ?? ''}-configmap.yaml`)
      await writeFile(path, `# This is an auto-generated file. DO NOT EDIT\n${stringify(map, { lineWidth: 0 })}`)
      say(`${path} created`)
    })
}

/** The script (`server.*`) becomes the container's argument. */
async function builtPlugin(folder: string): Promise<ConfigMap> {
  const file = join(folder, 'plugin.yaml')
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError('PLUGIN', `${file} cannot be read`, { cause })
  })
  const { documents, problems } = parseManifests(text, { file })
  const manifest = documents[0]?.manifest
  if (problems.length > 0) throw new UserError('PLUGIN', problems.map((problem) => formatProblem(problem)).join('\n'))
  const read = manifest?.kind === 'ConfigMap' ? readExecutorPlugin(manifest.resource) : null
  if (manifest?.kind !== 'ConfigMap' || read?.ok !== true)
    throw new UserError('PLUGIN', `${file} holds no ExecutorPlugin`)
  const script = (await readdir(folder)).find((name) => name.startsWith('server.'))
  if (script === undefined) return manifest.resource
  const args = [await readFile(join(folder, script), 'utf8')]
  const { metadata } = manifest.resource
  return configMapOf(withArgs({ ...read.plugin, metadata: { ...metadata, name: read.plugin.metadata.name } }, args))
}

function withArgs(plugin: ExecutorPlugin, args: string[]): ExecutorPlugin {
  const { sidecar } = plugin.spec
  return { ...plugin, spec: { sidecar: { ...sidecar, container: { ...sidecar.container, args } } } }
}
