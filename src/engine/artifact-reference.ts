/** `from` and `fromExpression`: an artifact named by another node's output (semantics-templates.md §6.4). */
import type { Artifact } from '../resources/index.ts'
import type { Variables } from '../expressions/index.ts'
import { compileExpression, environmentWithFunctions, evaluateExpression } from '../expressions/index.ts'
import { hasLocationOrKey, withSubPath } from './artifact-location.ts'
import type { Outcome } from './outcome.ts'
import { bad, good } from './outcome.ts'
import type { Scope } from './scope.ts'
import { renderString, withoutBraces, type Outsider } from './substitution.ts'

export function resolveArtifact(
  outsider: Outsider,
  artifact: Artifact,
  { variables, artifacts, narrow }: Scope,
): Outcome<Artifact> {
  const found = artifact.fromExpression
    ? fromExpression(outsider, artifact.fromExpression, narrow)
    : fromName(artifact.from ?? '', artifacts)
  if (!found.ok) return found
  const { from: _from, fromExpression: _expression, subPath, ...rest } = artifact
  const resolved: Artifact = { ...found.value, ...pick(rest) }
  if (!subPath) return good(resolved)
  const path = renderString(outsider, subPath, variables, { kind: 'strict', prefixes: ['steps', 'tasks'] })
  if (!path.ok) return bad(path.error)
  return good(hasLocationOrKey(resolved) ? withSubPath(resolved, path.value) : resolved)
}

/** What the reference says of itself and not of the thing it refers to. */
const pick = (artifact: Artifact): Pick<Artifact, 'name' | 'optional'> => ({
  name: artifact.name,
  ...(artifact.optional === undefined ? {} : { optional: artifact.optional }),
})

function fromName(from: string, artifacts: Variables): Outcome<Artifact> {
  const name = withoutBraces(from)
  const value = artifacts.get(name)
  if (isArtifact(value)) return good(stripped(value))
  return bad(`Unable to resolve: "${name}"`)
}

function fromExpression({ outside }: Outsider, expression: string, narrow: Variables): Outcome<Artifact> {
  const answer = evaluateExpression(compileExpression(expression), environmentWithFunctions(narrow, outside), outside)
  if (!answer.ok) return bad(answer.error)
  if (isArtifact(answer.value)) return good(stripped(answer.value))
  return bad(`Unable to resolve: "${expression}"`)
}

function isArtifact(value: unknown): value is Artifact {
  return typeof value === 'object' && value !== null && 'name' in value
}

/** A stored artifact without what concerned its producer only. */
function stripped(artifact: Artifact): Artifact {
  const { path: _path, globalName: _global, optional: _optional, artifactGC: _gc, from: _from, ...rest } = artifact
  return rest
}
