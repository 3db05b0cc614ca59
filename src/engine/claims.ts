/** Claims of volumeClaimTemplates: made before the entrypoint, removed at the end (semantics-templates.md §10). */
import type { Volume } from '../resources/index.ts'
import type { Run } from './run.ts'

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']

/** Asks for every claim that the status does not show yet; the error of one that can never be made. */
export function createClaims(run: Run): string | null {
  const templates = run.spec.volumeClaimTemplates ?? []
  if (templates.length === 0) return null
  const known = run.status.persistentVolumeClaims ?? []
  const added: Volume[] = []
  for (const template of templates) {
    const name = template.metadata?.name ?? ''
    if (known.some((volume) => volume.name === name)) continue
    const claimName = `${run.name}-${name}`
    const wrong = template.spec?.accessModes?.find((mode) => !accessModes.includes(mode))
    if (wrong !== undefined)
      return `PersistentVolumeClaim "${claimName}" is invalid: spec.accessModes: Unsupported value: "${wrong}": supported values: ${accessModes.map((mode) => `"${mode}"`).join(', ')}`
    run.effects.push({
      kind: 'createClaim',
      claimName,
      claim: { ...template, metadata: { ...template.metadata, name: claimName, namespace: run.namespace } },
    })
    added.push({ name, persistentVolumeClaim: { claimName } })
  }
  if (added.length > 0) run.patchStatus({ persistentVolumeClaims: [...known, ...added] })
  return null
}

/** At the end: on success only, unless volumeClaimGC says on completion. */
export function deleteClaims(run: Run, isSuccess: boolean): void {
  const claims = run.status.persistentVolumeClaims ?? []
  if (claims.length === 0) return
  if (!isSuccess && run.spec.volumeClaimGC?.strategy !== 'OnWorkflowCompletion') return
  for (const volume of claims) {
    const claimName = volume.persistentVolumeClaim?.claimName
    if (claimName !== undefined) run.effects.push({ kind: 'deleteClaim', claimName })
  }
  const { persistentVolumeClaims: _deleted, ...status } = run.status
  run.workflow = { ...run.workflow, status }
  run.workflowChanged = true
}
