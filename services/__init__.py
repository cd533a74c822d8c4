"""One service per folder, in the order the data flows.

crawler, graph, sampler, explorer, synthesizer, verifier; the simulator stands beside them.
"""
