/** Logs of workflows that only the archive has: their containers are gone, what `archiveLogs` saved is not. */
import type { Artifact, NodeStatus } from '../../resources/index.ts'
import { instant, instantOf, rfc3339 } from '../../resources/index.ts'
import type { LogLine } from '../../runtime/port.ts'
import { unpackNodes } from '../archive/pack.ts'
import type { Core } from '../core.ts'
import { isPodRecord } from '../open-run.ts'
import type { LogQuery } from '../port.ts'
import { contextOf } from './artifact.ts'

export type KeptLog = {
  readonly namespace: string
  readonly podName: string
  readonly node: NodeStatus
  readonly artifact: Artifact
}

/** `null`: the workflow has not been deleted, its logs lie where its containers left them. */
export async function keptLogs(
  core: Core,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<readonly KeptLog[] | null> {
  if (core.runs.byName(namespace, name) !== undefined) return null
  if ((await core.store.workflow(namespace, name)) !== null) return null
  const row = await core.store.archive.named(namespace, name, { deleted: true })
  if (row?.deleted !== true) return null
  const found: KeptLog[] = []
  for await (const portion of unpackNodes(core.store, row))
    for (const { node, internal } of portion.rows)
      for (const artifact of node.outputs?.artifacts ?? [])
        if (artifact.name.endsWith('-logs') && isPodRecord(internal))
          found.push({ namespace, podName: internal.podName, node, artifact })
  return found.sort((a, b) => ((a.node.startedAt ?? '') < (b.node.startedAt ?? '') ? -1 : 1))
}

/** One log after the other; each line has the time of its node's end, since the artifact has none. */
export async function* artifactLogs(
  core: Core,
  logs: readonly KeptLog[],
  { podName, container, tailLines }: LogQuery,
): AsyncGenerator<{ readonly podName: string; readonly line: LogLine }> {
  for (const { namespace, node, artifact, podName: own } of logs) {
    if (podName && podName !== own) continue
    if (artifact.name !== `${container || 'main'}-logs`) continue
    const at = instantOf(node.finishedAt) ?? instant(0)
    const stamp = rfc3339(at).replace('Z', '.000000000Z')
    const lines = await linesOf(core, artifact, namespace)
    for (const text of tailLines === undefined ? lines : lines.slice(Math.max(0, lines.length - tailLines)))
      yield { podName: own, line: { at, stamp, stream: 'stdout', text } }
  }
}

/** None where the artifact is no longer there. */
async function linesOf(core: Core, artifact: Artifact, namespace: string): Promise<readonly string[]> {
  const content = await core.artifacts.open(artifact, contextOf(core, namespace)).catch(() => null)
  if (content === null) return []
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  const lines = Buffer.concat(chunks).toString().split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}
