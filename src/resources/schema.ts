/** The words the resources are written in: TypeBox builders whose `format` says how Argo reads a value. */
import Type from 'typebox'

export type Static<S extends Type.TSchema> = Type.Static<S>
type Fields = Record<string, Type.TSchema>
type OptionalBut<F extends Fields, R> = { [K in keyof F]: K extends R ? F[K] : Type.TOptional<F[K]> }

const withDescription = (description?: string) => (description === undefined ? {} : { description })

/** A text field. YAML scalars become their text; JSON takes strings only. */
export const text = (description?: string) => Type.String(withDescription(description))
/** A text of which an editor knows the usual values; a template tag is as good. */
export const choice = (values: readonly string[], description?: string) =>
  Type.String({ examples: values, format: 'choice', ...withDescription(description) })
/** A closed set of texts, as the controller itself writes them. */
export const oneOf = <const V extends readonly string[]>(values: V, description?: string) =>
  Type.Unsafe<V[number]>({ type: 'string', enum: values, ...withDescription(description) })
export const bool = (description?: string) => Type.Boolean(withDescription(description))
export const int32 = (description?: string) => Type.Integer({ format: 'int32', ...withDescription(description) })
export const int64 = (description?: string) => Type.Integer({ format: 'int64', ...withDescription(description) })
/** A parameter's text: any scalar, list or map at the edge, text after decoding. */
export const anyText = (description?: string) => Type.String({ format: 'any-text', ...withDescription(description) })
export const intOrText = (description?: string) =>
  Type.Unsafe<number | string>({ type: ['integer', 'string'], format: 'int-or-text', ...withDescription(description) })
/** A Kubernetes quantity such as `500m` or `1Gi`; kept as written. */
export const quantity = (description?: string) => Type.String({ format: 'quantity', ...withDescription(description) })
/** A JSON number, kept as written where it is a text. */
export const amount = (description?: string) =>
  Type.Unsafe<number | string>({ type: ['number', 'string'], format: 'amount', ...withDescription(description) })
/** RFC 3339, UTC, whole seconds. */
export const time = (description?: string) => Type.String({ format: 'date-time', ...withDescription(description) })
/** Base64 of bytes. */
export const bytes = (description?: string) => Type.String({ format: 'byte', ...withDescription(description) })
/** Any JSON value. */
export const json = (description?: string) => Type.Unknown(withDescription(description))
export const list = <S extends Type.TSchema>(items: S, description?: string) =>
  Type.Array(items, withDescription(description))
export const map = <S extends Type.TSchema>(values: S, description?: string) =>
  Type.Unsafe<Record<string, Type.Static<S>>>({
    type: 'object',
    additionalProperties: values,
    ...withDescription(description),
  })

/**
 * An object with Argo's name for its type; the fields stand in the order in which Argo writes them. A required field
 * that is absent reads as its type's zero value (empty text, 0, empty object or list), as in Argo.
 */
export const object = <F extends Fields, const R extends readonly (keyof F & string)[] = []>(
  title: string,
  fields: F,
  required: R = [] as unknown as R,
) => Type.Object(optionalBut(fields, required), { title, additionalProperties: false })

/** The same for a type of Kubernetes rather than of Argo. */
export const kubernetesObject = <F extends Fields, const R extends readonly (keyof F & string)[] = []>(
  title: string,
  fields: F,
  required: R = [] as unknown as R,
) => Type.Object(optionalBut(fields, required), { title, additionalProperties: false, $comment: 'v1' })

function optionalBut<F extends Fields, R extends readonly (keyof F & string)[]>(fields: F, required: R) {
  const optional = Object.entries(fields).map(([name, schema]): [string, Type.TSchema] => [
    name,
    required.includes(name) ? schema : Type.Optional(schema),
  ])
  return Object.fromEntries(optional) as OptionalBut<F, R[number]>
}

/** The same schema with words of its own at this place. */
export const described = <S extends Type.TSchema>(schema: S, description: string): S => ({ ...schema, description })

/** A reference by name to a type that contains itself. */
export const recursive = (title: string, description?: string) =>
  Type.Unsafe<unknown>({ $ref: `#/definitions/${title}`, ...withDescription(description) })

/** The same schema under a type that TypeScript cannot infer because it contains itself. */
export const typed = <T>(schema: Type.TSchema) => Type.Unsafe<T>(schema)
