/** Secrets that a location names. */
import { UserError } from '../resources/index.ts'
import type { ArtifactContext } from './port.ts'

type Selector = { readonly name?: string; readonly key?: string; readonly optional?: boolean }

/**
 * `undefined` where no secret is named, or an optional one is missing.
 * @throws UserError ARTIFACT_SECRET, naming the secret and key, never a value
 */
export function secretOf(selector: Selector | undefined, context: ArtifactContext): string | undefined {
  if (!selector?.name) return undefined
  const { name, key = '' } = selector
  const value = context.secrets(context.namespace, name, key)
  if (value !== null) return value
  if (selector.optional === true) return undefined
  throw new UserError('ARTIFACT_SECRET', `secret '${name}' does not have the key '${key}'`, {
    hint: `create a Secret '${name}' with that key in namespace '${context.namespace}'`,
  })
}
