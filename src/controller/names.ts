/** Names that are completed at random, as Kubernetes completes them, and what is named after a claim. */
import type { PersistentVolumeClaim, Random } from '../resources/index.ts'
import { ownerLabel } from '../runtime/index.ts'

const kubernetesLetters = 'bcdfghjklmnpqrstvwxz2456789'
const argoLetters = 'abcdefghijklmnopqrstuvwxyz0123456789'
/** A generated name is cut so that it fits 63 characters with its suffix. */
const baseLengthMax = 58

function draw(random: Random, letters: string, count: number): string {
  let text = ''
  for (let i = 0; i < count; i += 1) text += letters[Math.floor(random.next() * letters.length)] ?? ''
  return text
}

/** `generateName` and five characters. */
export const generatedName = (random: Random, generateName: string): string =>
  generateName.slice(0, baseLengthMax) + draw(random, kubernetesLetters, 5)

/** The same where Argo itself, not Kubernetes, makes the suffix (events, memoized resubmit). */
export const argoGeneratedName = (random: Random, generateName: string): string =>
  generateName.slice(0, baseLengthMax) + draw(random, argoLetters, 5)

/** The name of the Docker volume behind a claim. */
export const volumeNameOf = (namespace: string, claimName: string): string => `${namespace}-${claimName}`

export type ClaimOwner = { readonly namespace: string; readonly name: string; readonly uid: string }

/** The workflow whose claim it is; `null`: it is of its own. */
export function claimOwnerOf(namespace: string, claim: PersistentVolumeClaim | null): ClaimOwner | null {
  const owner = claim?.metadata?.ownerReferences?.find(({ kind }) => kind === 'Workflow')
  return owner === undefined ? null : { namespace, name: owner.name, uid: owner.uid }
}

/** The labels of that volume, by which `removeStrayVolumes` knows it. */
export const volumeLabelsOf = (
  namespace: string,
  claimName: string,
  owner: ClaimOwner | null,
): Readonly<Record<string, string>> => ({
  'drydock.namespace': namespace,
  'drydock.claim': claimName,
  ...(owner === null ? {} : { 'drydock.workflow': owner.name, [ownerLabel]: owner.uid }),
})
