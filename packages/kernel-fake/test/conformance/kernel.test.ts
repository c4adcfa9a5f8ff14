import { kernelConformance } from '@dmthin/conformance';
import { fake } from './fake-setup.ts';

kernelConformance('fake, 6.1.176', fake('6.1.176'));
kernelConformance('fake, 6.1.192', fake('6.1.192'));
