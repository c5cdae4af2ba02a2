"""The online market of the Yangtze River Delta (Qingpu) digital human resources park.

A stack of business domains, one package each; code imports downwards only. README.md is the map.
Kept empty: the bootstrap imports this package with a bare Python, before anything is installed.
"""
