import { DmError, type IdMaps } from '@dmthin/domain';
import * as v from 'valibot';

/** Understands a request's body. @throws DmError INVALID_ARGUMENT: naming the field. */
export type Reader<Request> = (body: unknown) => Request;

/** What dockerd tells the driver when it starts, and expects it to know for as long as dockerd lives. */
export interface Initialization {
  /** `<docker root>/<plugin name>`. */
  readonly home: string;
  /** dockerd's `--storage-opt`s, as they stand. */
  readonly options: readonly string[];
  readonly idMaps: IdMaps;
}

export interface LayerRequest {
  readonly id: string;
}

export interface CreateRequest extends LayerRequest {
  readonly parent: string | undefined;
  readonly storageOptions: Readonly<Record<string, string>>;
}

export interface GetRequest extends LayerRequest {
  /** SELinux's context; undefined for none. */
  readonly label: string | undefined;
}

export interface CompareRequest extends LayerRequest {
  readonly parent: string | undefined;
}

// Docker leaves out what is empty, and Go writes null for a list or map that is.
const text = v.pipe(
  v.optional(v.string(), ''),
  v.transform((value) => (value === '' ? undefined : value)),
);
const id = v.pipe(v.string(), v.nonEmpty());
const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const range = v.pipe(
  v.object({ container_id: natural, host_id: natural, size: natural }),
  v.transform(({ container_id, host_id, size }) => ({ containerId: container_id, hostId: host_id, size })),
);
const ranges = v.nullish(v.array(range));

export const readNothing: Reader<object> = readerOf(v.object({}));

export const readInit: Reader<Initialization> = readerOf(
  v.pipe(
    v.object({
      Home: v.pipe(v.string(), v.startsWith('/', 'no absolute path')),
      Opts: v.nullish(v.array(v.string())),
      UIDMaps: ranges,
      GIDMaps: ranges,
    }),
    v.transform(({ Home, Opts, UIDMaps, GIDMaps }) => ({
      home: Home,
      options: Opts ?? [],
      idMaps: { users: UIDMaps ?? [], groups: GIDMaps ?? [] },
    })),
  ),
);

export const readCreate: Reader<CreateRequest> = readerOf(
  v.pipe(
    v.object({ ID: id, Parent: text, StorageOpt: v.nullish(v.record(v.string(), v.string())) }),
    v.transform(({ ID, Parent, StorageOpt }) => ({ id: ID, parent: Parent, storageOptions: StorageOpt ?? {} })),
  ),
);

export const readLayer: Reader<LayerRequest> = readerOf(
  v.pipe(
    v.object({ ID: id }),
    v.transform(({ ID }) => ({ id: ID })),
  ),
);

export const readGet: Reader<GetRequest> = readerOf(
  v.pipe(
    v.object({ ID: id, MountLabel: text }),
    v.transform(({ ID, MountLabel }) => ({ id: ID, label: MountLabel })),
  ),
);

export const readCompare: Reader<CompareRequest> = readerOf(
  v.pipe(
    v.object({ ID: id, Parent: text }),
    v.transform(({ ID, Parent }) => ({ id: ID, parent: Parent })),
  ),
);

function readerOf<Request>(schema: v.GenericSchema<unknown, Request>): Reader<Request> {
  return (body = {}) => {
    // To a schema a list is an object without the keys it knows.
    const result = v.safeParse(schema, Array.isArray(body) ? 'a list' : body);
    if (result.success) return result.output;
    const [issue] = result.issues;
    throw new DmError('INVALID_ARGUMENT', `malformed request: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}`);
  };
}
