import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bcryptHash } from './bcrypt.ts'
import { environmentWithFunctions } from '../expr/environment.ts'
import { compileExpression, evaluateExpression } from '../expr/evaluate.ts'
import type { Outside } from '../expr/values.ts'
import { formatValue } from '../go-format.ts'
import { variablesOf } from '../variables.ts'

/** A clock that stands still and dice that count upwards. */
const outside: Outside = {
  nowMs: () => Date.UTC(2024, 5, 1),
  randomBytes: (count) => Uint8Array.from({ length: count }, (_, i) => i),
}
const scope = environmentWithFunctions(variablesOf({ m: { a: { b: 'x' } } }), outside)

function value(source: string): unknown {
  const outcome = evaluateExpression(compileExpression(source), scope, outside)
  if (!outcome.ok) throw new Error(outcome.error.split('\n')[0])
  return outcome.value
}

/** JSON text of what `sprig.<call>` gives. */
const json = (call: string): string => formatValue(value(`sprig.${call}`)).json

describe('texts', () => {
  it.each([
    ['trim(" a ")', '"a"'],
    ['trimAll("$", "$5$")', '"5"'],
    ['trunc(-2, "hello")', '"lo"'],
    ['substr(0, 2, "hello")', '"he"'],
    ['title("hello world")', '"Hello World"'],
    ['untitle("Hello")', '"hello"'],
    ['camelcase("foo_bar")', '"FooBar"'],
    ['snakecase("FooBar")', '"foo_bar"'],
    ['kebabcase("FooBar")', '"foo-bar"'],
    ['swapcase("aB")', '"Ab"'],
    ['nospace("a b c")', '"abc"'],
    ['initials("First Try")', '"FT"'],
    ['abbrev(5, "hello world")', '"he..."'],
    ['plural("one", "many", 2)', '"many"'],
    ['wrap(5, "hello big world")', '"hello\\nbig\\nworld"'],
    ['wrapWith(5, "-", "hello big")', '"hello-big"'],
    ['indent(2, "a\\nb")', '"  a\\n  b"'],
    ['nindent(1, "a")', '"\\n a"'],
    ['quote("a", 1)', '"\\"a\\" \\"1\\""'],
    ['squote("a")', '"\'a\'"'],
    ['cat("a", 1, nil)', '"a 1"'],
    ['replace("a", "b", "banana")', '"bbnbnb"'],
    ['contains("a", "cat")', 'true'],
    ['splitList(",", "a,b")', '["a","b"]'],
    ['split(",", "a,b")', '{"_0":"a","_1":"b"}'],
    ['join("-", [1, "a", nil])', '"1-a"'],
    ['sortAlpha(["b", "a"])', '["a","b"]'],
    ['regexMatch("^a+$", "aaa")', 'true'],
    ['regexFindAll("[2,4]", "1234", -1)', '["2","4"]'],
    ['regexReplaceAll("a(x*)b", "-ab-axxb-", "${1}W")', '"-W-xxW-"'],
    ['regexReplaceAllLiteral("a", "cat", "$1")', '"c$1t"'],
    ['regexSplit("z+", "pizza", -1)', '["pi","a"]'],
  ])('sprig.%s gives %s', (call, wanted) => {
    expect(json(call)).toBe(wanted)
  })
})

describe('numbers, lists and maps', () => {
  it.each([
    ['add(1, 2, "3")', '6'],
    ['sub(5, 7)', '-2'],
    ['div(7, 2)', '3'],
    ['mod(7, 4)', '3'],
    ['addf(1.5, 2)', '3.5'],
    ['round(123.5555, 3)', '123.556'],
    ['max(1, 9, 3)', '9'],
    ['until(3)', '[0,1,2]'],
    ['untilStep(3, 6, 2)', '[3,5]'],
    ['seq(3)', '"1 2 3"'],
    ['seq(0, 2, 4)', '"0 2 4"'],
    ['atoi("12")', '12'],
    ['int64("12")', '12'],
    ['toDecimal("755")', '493'],
    ['list(1, "a")', '[1,"a"]'],
    ['first([1, 2])', '1'],
    ['rest([1, 2, 3])', '[2,3]'],
    ['initial([1, 2, 3])', '[1,2]'],
    ['append([1], 2)', '[1,2]'],
    ['prepend([1], 2)', '[2,1]'],
    ['uniq([1, 1, 2])', '[1,2]'],
    ['without([1, 2, 1], 1)', '[2]'],
    ['has(1, [1])', 'true'],
    ['compact([0, "", 1])', '[1]'],
    ['chunk(2, [1, 2, 3])', '[[1,2],[3]]'],
    ['dict("a", 1, "b")', '{"a":1,"b":""}'],
    ['merge(sprig.dict("a", 1), sprig.dict("a", 2, "b", 3))', '{"a":1,"b":3}'],
    ['mergeOverwrite(sprig.dict("a", 1), sprig.dict("a", 2))', '{"a":2}'],
    ['dig("a", "b", "none", m)', '"x"'],
    ['dig("a", "z", "none", m)', '"none"'],
    ['pick(sprig.dict("a", 1, "b", 2), "b")', '{"b":2}'],
    ['omit(sprig.dict("a", 1, "b", 2), "b")', '{"a":1}'],
    ['dict("__proto__", 1)', '{"__proto__":1}'],
    ['default("d", "")', '"d"'],
    ['coalesce("", 0, "x")', '"x"'],
    ['ternary("y", "n", true)', '"y"'],
    ['empty([])', 'true'],
    ['kindOf([1])', '"slice"'],
    ['typeOf(1.5)', '"float64"'],
    ['deepEqual([1], [1.0])', 'false'],
    ['fromJson("[1]")', '[1]'],
    ['toPrettyJson({"a": 1})', '"{\\n  \\"a\\": 1\\n}"'],
  ])('sprig.%s gives %s', (call, wanted) => {
    expect(json(call)).toBe(wanted)
  })
})

describe('times, paths, versions and addresses', () => {
  it.each([
    ['dateInZone("15:04", date("2024-05-06T10:00:00Z"), "Asia/Tokyo")', '"19:00"'],
    ['toDate("2006-01-02", "2024-05-06")', '"2024-05-06T00:00:00Z"'],
    ['dateModify("-1h", date("2024-05-06T10:00:00Z"))', '"2024-05-06T09:00:00Z"'],
    ['duration("95")', '"1m35s"'],
    ['durationRound("2h10m5s")', '"2h"'],
    ['ago(date("2024-05-31"))', '"24h0m0s"'],
    ['unixEpoch(date("1970-01-02"))', '"86400"'],
    ['base("a/b.txt")', '"b.txt"'],
    ['ext("a/b.txt")', '".txt"'],
    ['clean("a/../b/./c")', '"b/c"'],
    ['semverCompare("^1.2.0", "1.3.4")', 'true'],
    ['semverCompare("~1.2", "1.3.0")', 'false'],
    ['semverCompare(">=1.2.0", "1.3.0-rc.1")', 'false'],
    ['semverCompare("1.x || >=3", "3.1.0")', 'true'],
    ['urlJoin(sprig.dict("scheme", "https", "host", "h", "path", "/p"))', '"https://h/p"'],
    ['urlParse("https://u:p@h:8080/p?q=1#f").host', '"h:8080"'],
    ['b64enc("hi")', '"aGk="'],
    ['b32dec("NBUQ====")', '"hi"'],
    ['sha256sum("")', '"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"'],
    ['adler32sum("abc")', '"38600999"'],
  ])('sprig.%s gives %s', (call, wanted) => {
    expect(json(call)).toBe(wanted)
  })
})

describe('randomness', () => {
  it('comes from outside', () => {
    expect(json('uuidv4()')).toBe('"00010203-0405-4607-8809-0a0b0c0d0e0f"')
    expect(json('randAlphaNum(6)')).toHaveLength(8)
    expect(json('randBytes(3)')).toBe('"AAEC"')
    const outcome = evaluateExpression(
      compileExpression('sprig.uuidv4()'),
      environmentWithFunctions(variablesOf({})),
      null,
    )
    expect(outcome.ok).toBe(false)
  })
})

describe('secrets', () => {
  it('are hashed as bcrypt does', () => {
    // Vectors published with the first Java port of bcrypt.
    const salt = (text: string): Uint8Array => {
      const alphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
      const standard = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
      const base64 = Array.from(text, (c) => standard[alphabet.indexOf(c)]).join('')
      return Buffer.from(base64, 'base64').subarray(0, 16)
    }
    expect(bcryptHash(Buffer.from(''), salt('DCq7YPn5Rq63x1Lad4cll.'), 6)).toBe(
      '$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.',
    )
    expect(bcryptHash(Buffer.from('abc'), salt('If6bvum7DFjUnE9p2uDeDu'), 6)).toBe(
      '$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i',
    )
  })

  it('come back from AES', () => {
    expect(value('sprig.decryptAES("key", sprig.encryptAES("key", "secret"))')).toBe('secret')
  })

  it('may be certificates signed by an authority of their own', () => {
    const text = String(
      value(`let key = sprig.genPrivateKey("ecdsa");
        let ca = sprig.genCAWithKey("my-ca", 10, key);
        sprig.genSignedCertWithKey("host", ["10.0.0.1"], ["host.local"], 5, ca, key).Cert + ca.Cert`),
    )
    const [cert, authority] = text.split(/(?<=-----END CERTIFICATE-----\n)/).map((pem) => new X509Certificate(pem))
    expect(cert?.subject).toBe('CN=host')
    expect(cert?.subjectAltName).toBe('DNS:host.local, IP Address:10.0.0.1')
    expect(authority?.ca).toBe(true)
    expect(authority !== undefined && cert?.verify(authority.publicKey)).toBe(true)
    expect(cert?.validTo).toBe('Jun  6 00:00:00 2024 GMT')
  })
})

describe('failures', () => {
  it.each([
    ['fail("stop")', 'stop (1:7)'],
    ['env("HOME")', 'invalid operation: cannot call nil (1:7)'],
    ['expandenv("$HOME")', 'invalid operation: cannot call nil (1:7)'],
    ['trunc("a", "b")', 'reflect: Call using string as type int (1:7)'],
    ['mustRegexMatch("(", "a")', 'error parsing regexp: missing closing ): `(` (1:7)'],
    ['mustToDate("2006", "x")', 'parsing time "x" as "2006": cannot parse "x" as "2006" (1:7)'],
  ])('sprig.%s says why', (call, wanted) => {
    expect(() => json(call)).toThrow(wanted)
  })
})
