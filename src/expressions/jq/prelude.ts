/** Functions of jq that are themselves short jq programs. */
import { parseDefinitions } from './parser.ts'
import type { Definition } from './syntax.ts'

const source = `
def map(f): [.[] | f];
def map_values(f): .[] |= f;
def add(f): [f] | add;
def in(xs): . as $key | xs | has($key);
def not: if . then false else true end;

def to_entries: [keys[] as $key | {key: $key, value: .[$key]}];
def from_entries:
  map({(.key // .Key // .name // .Name): (if has("value") then .value else .Value end)}) | add // {};
def with_entries(f): to_entries | map(f) | from_entries;

def min_by(f): _min_by(map([f]));
def max_by(f): _max_by(map([f]));
def sort_by(f): _sort_by(map([f]));
def group_by(f): _group_by(map([f]));
def unique_by(f): _unique_by(map([f]));

def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type == "array" or type == "object");
def scalars: select(type != "array" and type != "object");
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def nulls: select(. == null);
def values: select(. != null);
def finites: select(isfinite);
def normals: select(isnormal);

def combinations: if length == 0 then [] else .[0][] as $head | [$head] + (.[1:] | combinations) end;
def combinations($n): . as $list | [range($n) | $list] | combinations;
def walk(f):
  def inside: if type == "array" then map(inside) elif type == "object" then map_values(inside) else . end | f;
  inside;

def first: .[0];
def last: .[-1];
def nth($n): .[$n];
def paths(f): path(.. | select(f)) | select(. != []);
def truncate_stream(events): . as $n | null | events | select(.[0] | length > $n) | .[0] |= .[$n:];

def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%S%z") | mktime;
def todateiso8601: strftime("%Y-%m-%dT%H:%M:%SZ");
def fromdate: fromdateiso8601;
def todate: todateiso8601;

def match($re): match($re; null);
def match($re; $flags): _match($re; $flags)[];
def test($re): test($re; null);
def capture($re): capture($re; null);
def capture($re; $flags): match($re; $flags) | .captures | _captures;
def scan($re): scan($re; null);
def scan($re; $flags): match($re; $flags + "g") | if .captures == [] then .string else [.captures[].string] end;
def splits($re): splits($re; null);
def splits($re; $flags): split($re; $flags)[];
def split($re; $flags):
  . as $text | [0, (match($re; $flags + "g") | .offset, .offset + .length), null]
  | . as $cuts | [range(0; length; 2) | $text[$cuts[.]:$cuts[. + 1]]];

def INDEX(rows; key): reduce rows as $row ({}; .[$row | key | tostring] = $row);
def INDEX(key): INDEX(.[]; key);
def JOIN($index; key): [.[] | [., $index[key]]];
def JOIN($index; rows; key): rows | [., $index[key]];
def JOIN($index; rows; key; join): rows | [., $index[key]] | join;
def IN(list): any(list == .; .);
def IN(rows; list): any(rows == list; .);
`

/** By name and number of parameters: `map/1`. */
export const prelude: ReadonlyMap<string, Definition> = new Map(
  parseDefinitions(source).map((made) => [`${made.name}/${String(made.parameters.length)}`, made]),
)
