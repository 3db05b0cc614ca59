/** A file of cases: read, checked field by field, with Argo-like places for what is wrong. */
import Type from 'typebox'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { UserError } from '../resources/index.ts'
import type { Mocks } from './mocks.ts'

const closed = { additionalProperties: false }
const scalar = Type.Unsafe<string | number | boolean>({ type: ['string', 'number', 'boolean'] })
const perhaps = <S extends Type.TSchema>(schema: S) => Type.Optional(schema)
const values = Type.Record(Type.String(), scalar)

const MockSchema = Type.Object(
  {
    exitCode: perhaps(Type.Integer()),
    message: perhaps(Type.String()),
    result: perhaps(scalar),
    outputs: perhaps(
      Type.Object(
        {
          parameters: perhaps(
            Type.Record(
              Type.String(),
              Type.Unsafe<string | number | boolean | null>({ type: ['string', 'number', 'boolean', 'null'] }),
            ),
          ),
          artifacts: perhaps(Type.Array(Type.String())),
          result: perhaps(scalar),
        },
        closed,
      ),
    ),
    duration: perhaps(Type.Unsafe<string | number>({ type: ['string', 'number'] })),
    fail: perhaps(Type.Integer({ minimum: 0 })),
    keys: perhaps(Type.Array(Type.String())),
  },
  closed,
)
const MocksSchema = Type.Object(
  {
    templates: perhaps(Type.Record(Type.String(), MockSchema)),
    nodes: perhaps(Type.Record(Type.String(), MockSchema)),
  },
  closed,
)

const OutputsSchema = Type.Object(
  {
    parameters: perhaps(values),
    artifacts: perhaps(Type.Array(Type.String())),
    result: perhaps(scalar),
    exitCode: perhaps(scalar),
  },
  closed,
)
const NodeExpectationSchema = Type.Object(
  {
    phase: perhaps(Type.String()),
    type: perhaps(Type.String()),
    message: perhaps(Type.String()),
    inputs: perhaps(values),
    outputs: perhaps(OutputsSchema),
  },
  closed,
)
const ExpectationSchema = Type.Object(
  {
    phase: perhaps(Type.String()),
    message: perhaps(Type.String()),
    progress: perhaps(Type.String()),
    /** From the start to the end. */
    duration: perhaps(Type.Unsafe<string | number>({ type: ['string', 'number'] })),
    outputs: perhaps(
      Type.Object({ parameters: perhaps(values), artifacts: perhaps(Type.Array(Type.String())) }, closed),
    ),
    /** Name → phase, or what is looked at; `absent`: there is no such node. */
    nodes: perhaps(Type.Record(Type.String(), Type.Union([Type.String(), NodeExpectationSchema]))),
    /** These were started in this order; others may stand between. */
    order: perhaps(Type.Array(Type.String())),
    /** All that was started, in this order. */
    starts: perhaps(Type.Array(Type.String())),
  },
  closed,
)
const InterventionSchema = Type.Object(
  {
    after: Type.Unsafe<string | number>({ type: ['string', 'number'] }),
    do: Type.Union((['stop', 'terminate', 'suspend', 'resume'] as const).map((verb) => Type.Literal(verb))),
    node: perhaps(Type.String()),
  },
  closed,
)
const CaseSchema = Type.Object(
  {
    name: Type.String(),
    parameters: perhaps(values),
    entrypoint: perhaps(Type.String()),
    mocks: perhaps(MocksSchema),
    interventions: perhaps(Type.Array(InterventionSchema)),
    expect: ExpectationSchema,
  },
  closed,
)
const CaseFileSchema = Type.Object(
  {
    /** Path of the manifest, from the file's own folder. */
    workflow: Type.String(),
    with: perhaps(Type.Array(Type.String())),
    mocks: perhaps(MocksSchema),
    cases: Type.Array(CaseSchema, { minItems: 1 }),
  },
  closed,
)

export type CaseFile = Type.Static<typeof CaseFileSchema>
export type Case = Type.Static<typeof CaseSchema>
export type Expectation = Type.Static<typeof ExpectationSchema>
export type NodeExpectation = Type.Static<typeof NodeExpectationSchema>

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true })
const checkCases = ajv.compile(CaseFileSchema)
const checkMocks = ajv.compile(MocksSchema)

/** @throws UserError with every problem, a line each */
export function readCaseFile(text: string, file: string): CaseFile {
  return checked(text, file, checkCases)
}

/** @throws UserError with every problem, a line each */
export function readMocks(text: string, file: string): Mocks {
  return asMocks(checked<Type.Static<typeof MocksSchema>>(text, file, checkMocks)) ?? {}
}

/** Scalars of YAML are texts to the engine; only values are held as such, so the types agree but for that. */
export const asMocks = (mocks: Type.Static<typeof MocksSchema> | undefined): Mocks | undefined =>
  mocks as Mocks | undefined

type Check = ((value: unknown) => boolean) & {
  errors?: readonly { readonly instancePath: string; readonly message?: string; readonly params: object }[] | null
}

function checked<T>(text: string, file: string, check: Check): T {
  const value: unknown = read(text, file)
  if (check(value)) return value as T
  const problems = (check.errors ?? []).map(({ instancePath, message = '', params }) => {
    const extra = 'additionalProperty' in params ? `: ${String(params.additionalProperty)}` : ''
    const place = instancePath.slice(1).replaceAll('/', '.')
    return [file, place, `${message}${extra}`].filter((part) => part !== '').join('  ')
  })
  throw new UserError('INVALID_CASES', [...new Set(problems)].join('\n'))
}

function read(text: string, file: string): unknown {
  try {
    return parse(text) ?? {}
  } catch (error) {
    throw new UserError('INVALID_CASES', `${file}  ${error instanceof Error ? error.message : String(error)}`)
  }
}
