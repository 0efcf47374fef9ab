"""Healthy archives of many producers, about which no rule may raise an alarm."""
