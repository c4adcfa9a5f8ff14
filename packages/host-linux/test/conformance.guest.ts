import { hostConformance } from '@dmthin/conformance';
import { closeBench, openBench } from './bench.ts';

hostConformance('Linux', { setup: async () => openBench(), teardown: closeBench });
