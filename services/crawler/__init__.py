"""Reads crawl-requests, decides what servers offer and how each tool behaves, writes tool-catalogue.

Canary recordings go to recordings, differences to an earlier crawl to drift-events.
"""
