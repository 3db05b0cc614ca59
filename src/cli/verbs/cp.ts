/** `drydock cp`: output artifacts of a workflow into a folder. */
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { basename, dirname, resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { UserError } from '../../resources/index.ts'
import type { Artifact, NodeStatus } from '../../resources/index.ts'
import { contextOf } from '../globals.ts'
import type { Context } from '../globals.ts'
import { getWorkflow } from '../workflows-api.ts'

type CopyFlags = {
  readonly nodeId?: string
  readonly templateName?: string
  readonly artifactName?: string
  readonly path: string
}
type Found = { readonly node: NodeStatus; readonly artifact: Artifact }

const defaultPath = '{namespace}/{workflowName}/{nodeId}/outputs/{artifactName}'

export function registerCopy(program: Command): void {
  program
    .command('cp')
    .description('copy output artifacts of a workflow into a folder')
    .argument('<workflow>')
    .argument('<folder>')
    .option('--node-id <id>', 'only of this node')
    .option('--template-name <name>', 'only of nodes of this template')
    .option('--artifact-name <name>', 'only artifacts of this name')
    .option('--path <pattern>', 'where in the folder', defaultPath)
    .action(async (name: string, folder: string, flags: CopyFlags, command: Command) => {
      const context = contextOf(command)
      const workflow = await getWorkflow(context, name)
      const found = Object.values(workflow.status?.nodes ?? {}).flatMap((node) => artifactsOf(node, flags))
      if (found.length === 0) throw new UserError('NO_ARTIFACTS', `workflow ${name} has no such output artifacts`)
      const own = workflow.metadata.name ?? name
      for (const one of found) await copy(context, own, resolve(folder), one, flags.path)
    })
}

const artifactsOf = (node: NodeStatus, flags: CopyFlags): Found[] =>
  (node.outputs?.artifacts ?? [])
    .filter(
      (artifact) =>
        artifact.deleted !== true &&
        (flags.nodeId ?? node.id) === node.id &&
        (flags.templateName ?? node.templateName) === node.templateName &&
        (flags.artifactName ?? artifact.name) === artifact.name,
    )
    .map((artifact) => ({ node, artifact }))

/** @throws UserError where the pattern or a key would lead out of the folder */
async function copy(
  { api, namespace }: Context,
  workflowName: string,
  folder: string,
  { node, artifact }: Found,
  pattern: string,
): Promise<void> {
  const names = {
    namespace,
    workflowName,
    nodeId: node.id,
    templateName: node.templateName ?? '',
    artifactName: artifact.name,
  }
  const place = Object.entries(names).reduce((text, [key, value]) => text.replaceAll(`{${key}}`, value), pattern)
  const file = resolve(folder, place, basename(keyOf(artifact)) || artifact.name)
  if (!file.startsWith(`${folder}${sep}`)) throw new UserError('OUTSIDE', `${file} is not inside ${folder}`)
  const path = ['artifacts', namespace, workflowName, node.id, artifact.name].map(encodeURIComponent).join('/')
  const content = await api.download(`/${path}`)
  await mkdir(dirname(file), { recursive: true })
  try {
    await pipeline(Readable.fromWeb(content), createWriteStream(file))
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
  process.stderr.write(`Created "${file}"\n`)
}

const keyOf = ({ s3, gcs, oss, azure, artifactory, http }: Artifact): string =>
  s3?.key ?? gcs?.key ?? oss?.key ?? azure?.blob ?? artifactory?.url ?? http?.url ?? ''
