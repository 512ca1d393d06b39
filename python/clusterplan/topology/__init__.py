"""From a cluster to the compact levels of the network that the engine takes, and the graph behind them."""
