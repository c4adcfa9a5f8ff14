import { type DescService, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { ServiceDefinition } from '@grpc/grpc-js';

/** A service of protobuf's as gRPC's server and client take it. */
export function serviceDefinition(service: DescService): ServiceDefinition {
  return Object.fromEntries(
    service.methods.map(({ name, localName, methodKind, input, output }) => [
      localName,
      {
        path: `/${service.typeName}/${name}`,
        requestStream: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
        responseStream: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
        requestSerialize: (message) => Buffer.from(toBinary(input, message)),
        requestDeserialize: (bytes) => fromBinary(input, bytes),
        responseSerialize: (message) => Buffer.from(toBinary(output, message)),
        responseDeserialize: (bytes) => fromBinary(output, bytes),
        originalName: localName,
      },
    ]),
  );
}
