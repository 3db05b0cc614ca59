/** Names of templates, steps, tasks, containers, parameters and artifacts. */
import { type Fault, type Place, fault, inside } from './fault.ts'

const fieldName = /^[a-zA-Z0-9][-a-zA-Z0-9]*$/
const valueName = /^[-a-zA-Z0-9_]+$/
const maxLength = 128

const fieldNameWords =
  "name must consist of alpha-numeric characters or '-', and must start with an alpha-numeric character (e.g. My-name1-2, 123-NAME)"
const valueNameWords =
  "Parameter/Artifact name must consist of alpha-numeric characters, '_' or '-' e.g. my_param_1, MY-PARAM-1"

/** What is wrong with the name of a template, step, task or container; `null` for nothing. */
export function fieldNameFault(name: string): string | null {
  const words = [
    Buffer.byteLength(name) > maxLength ? `must be no more than ${maxLength} characters` : null,
    fieldName.test(name) ? null : fieldNameWords,
  ].filter((word) => word !== null)
  return words.length > 0 ? words.join(';') : null
}

/** What is wrong with the name of a parameter or artifact; `null` for nothing. */
export const valueNameFault = (name: string): string | null => (valueName.test(name) ? null : valueNameWords)

type Named = { readonly name?: string | undefined }

/** The first name of a list that is missing, wrong or doubled, as `<prefix>[i].name …`. */
export function namesFault(
  prefix: string,
  list: readonly Named[] | undefined,
  ruleOf: (name: string) => string | null,
  place: Place,
): Fault | null {
  const seen = new Set<string>()
  for (const [index, { name = '' }] of (list ?? []).entries()) {
    const at = inside(place, index, 'name')
    if (name === '') return fault(`${prefix}[${index}].name is required`, inside(place, index))
    const wrong = ruleOf(name)
    if (wrong !== null) return fault(`${prefix}[${index}].name: '${name}' is invalid: ${wrong}`, at)
    if (seen.has(name)) return fault(`${prefix}[${index}].name '${name}' is not unique`, at)
    seen.add(name)
  }
  return null
}
