/** Stored bytes of the artifacts of a node. */
import type { Artifact, Workflow } from '../../resources/index.ts'
import type { Core } from '../core.ts'
import type { ArtifactHandle } from '../port.ts'
import { ApiError } from '../port.ts'

export async function artifactHandle(
  core: Core,
  workflow: Workflow,
  nodeId: string,
  direction: 'inputs' | 'outputs',
  name: string,
): Promise<ArtifactHandle> {
  const node = workflow.status?.nodes?.[nodeId]
  if (node === undefined) throw new ApiError('INTERNAL', `node ${nodeId} not found`)
  const artifact = node[direction]?.artifacts?.find((one) => one.name === name)
  if (artifact === undefined) throw new ApiError('INTERNAL', `artifact ${name} not found`)
  const namespace = workflow.metadata.namespace ?? ''
  const context = contextOf(core, namespace)
  const key = keyOf(artifact)
  const found = await core.artifacts.list(artifact, context)
  const isDirectory =
    key.endsWith('/') || found.length > 1 || (found.length === 1 && found[0]?.key !== key && key !== '')
  return {
    artifact,
    fileName:
      key
        .split('/')
        .filter((part) => part !== '')
        .at(-1) ?? name,
    isDirectory,
    list: async () => found,
    open: async (wanted) =>
      wanted === undefined ? core.artifacts.open(artifact, context) : core.artifacts.openKey(artifact, wanted, context),
  }
}

export const contextOf = ({ objects }: Pick<Core, 'objects'>, namespace: string) => ({
  namespace,
  secrets: (from: string, name: string, key: string): string | null => {
    const encoded = objects.get('Secret', from, name)?.data?.[key]
    return encoded === undefined ? null : Buffer.from(encoded, 'base64').toString()
  },
})

/** The key of whatever location the artifact has. */
export function keyOf(artifact: Artifact): string {
  const { s3, gcs, azure, oss, hdfs, artifactory, http, git, raw, plugin } = artifact
  return (
    s3?.key ??
    gcs?.key ??
    oss?.key ??
    plugin?.key ??
    azure?.blob ??
    hdfs?.path ??
    artifactory?.url ??
    http?.url ??
    git?.repo ??
    (raw ? 'raw' : '')
  )
}
