/** Which artifacts are deleted when the workflow ends or is deleted (semantics-templates.md §6.5). */
import type { Artifact, NodeId } from '../resources/index.ts'
import { nodeIdOf } from '../resources/index.ts'
import type { Effect } from './effects.ts'
import type { Run } from './run.ts'

type Strategy = 'OnWorkflowCompletion' | 'OnWorkflowDeletion'

/** The artifacts of Pod nodes whose own strategy, or else the workflow's, is the given one. */
export function artifactsToDelete(
  run: Run,
  strategy: Strategy,
): readonly { readonly node: NodeId; readonly artifact: Artifact }[] {
  const general = run.spec.artifactGC?.strategy
  const found: { node: NodeId; artifact: Artifact }[] = []
  for (const node of run.nodes.values()) {
    if (node.type !== 'Pod') continue
    for (const artifact of node.outputs?.artifacts ?? [])
      if ((artifact.artifactGC?.strategy || general) === strategy && artifact.deleted !== true)
        found.push({ node: nodeIdOf(node.id), artifact })
  }
  return found
}

export function deletionsAtCompletion(run: Run): readonly Effect[] {
  const artifacts = artifactsToDelete(run, 'OnWorkflowCompletion')
  return artifacts.length === 0 ? [] : [{ kind: 'deleteArtifacts', artifacts }]
}

/** Marks an artifact as deleted, or puts the failure into a condition. */
export function recordDeletion(run: Run, nodeId: string, name: string, error: string | null): void {
  const node = run.nodes.get(nodeId)
  if (error !== null) {
    const others = (run.status.conditions ?? []).filter((condition) => condition.type !== 'ArtifactGCError')
    run.patchStatus({ conditions: [...others, { type: 'ArtifactGCError', status: 'True', message: error }] })
    return
  }
  if (node?.outputs?.artifacts === undefined) return
  node.outputs = {
    ...node.outputs,
    artifacts: node.outputs.artifacts.map((artifact) =>
      artifact.name === name ? { ...artifact, deleted: true } : artifact,
    ),
  }
  run.touch(node)
}
