// NetworkSuites.swift: the parent of all suites that run networks.

import Testing

/// Networks bring their kernels' threads, and some tests set their number; so one suite runs at a time.
@Suite(.serialized) enum NetworkSuites {}
