/** Whose a named volume is: one that was made for a workflow is no other's, whatever its name. */
import { WorldError } from '../resources/index.ts'

/** The label of a volume that names the workflow which it was made for, by its uid. */
export const ownerLabel = 'drydock.workflow-uid'

export type StandingVolume = {
  readonly labels: Readonly<Record<string, string>>
  /** Made under our own instance. */
  readonly isOurs: boolean
}

/**
 * @param wanted labels of the volume that is asked for; without an owner any volume will do
 * @throws WorldError VOLUME_TAKEN where `standing` is not the owner's
 */
export function refuseOthers(
  name: string,
  wanted: Readonly<Record<string, string>>,
  { labels, isOurs }: StandingVolume,
): void {
  const owner = wanted[ownerLabel]
  const found = labels[ownerLabel]
  if (owner === undefined || found === owner) return
  const of = found === undefined ? '' : ` of workflow ${labels['drydock.workflow'] ?? ''} (${found})`
  const where = found === undefined || isOurs ? '' : ' of another drydock on this engine'
  // What a workflow of ours has left goes when it is found.
  throw new WorldError('VOLUME_TAKEN', `a volume ${name}${of}${where} stands already`, {
    retryable: isOurs && found !== undefined,
  })
}
