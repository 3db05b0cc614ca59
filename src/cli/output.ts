/** `-o name|json|yaml` for any object. */
import { stringify } from 'yaml'
import { UserError } from '../resources/index.ts'

export type NamedObject = { readonly metadata?: { readonly name?: string } }

/** The text of one object or a list in that form, or `null` where the form is a table of the verb's own. */
export function objectText(value: NamedObject | readonly NamedObject[], form: string | undefined): string | null {
  switch (form) {
    case undefined:
    case '':
    case 'wide':
    case 'short':
      return null
    case 'json':
      return `${JSON.stringify(value, null, 2)}\n`
    case 'yaml':
      return stringify(value)
    case 'name':
      return [value]
        .flat()
        .map((object) => `${object.metadata?.name ?? ''}\n`)
        .join('')
    default:
      throw new UserError('UNKNOWN_OUTPUT', `unknown output format ${form}`, {
        hint: 'name, json, yaml, wide or short',
      })
  }
}
