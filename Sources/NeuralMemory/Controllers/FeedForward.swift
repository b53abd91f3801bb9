// The feed-forward controller. It has no state: only the memory can remember.

/// Settings of a feed-forward controller: tanh layers over [x_t ; r_{t-1}].
public struct FeedForward: ControllerKind {
    public static let kind = "feedforward"
    public static let summary = "tanh layers without a state of their own"

    /// H, units of each layer, at least 1.
    public var units = 64
    /// From 1 to 64.
    public var layers = 1

    public init() {}

    /// Layers of H units each.
    public init(units: Int, layers: Int = 1) {
        self.units = units
        self.layers = layers
    }

    public func makeController(
        _ layout: inout ParameterLayout, inputSize: Int, readSize: Int
    ) throws -> any Controller {
        try require("network.controller.units", units, in: 1...largestSize)
        try require("network.controller.layers", layers, in: 1...64)
        let plans = (0..<layers).map { index in
            LayeredController.LayerPlan(
                name: "layer\(index)", cell: PointwiseCell(.tanh, isRecurrent: false), units: units)
        }
        return try LayeredController(
            &layout, inputSize: inputSize, readSize: readSize, trainsInitialState: false, plans)
    }
}

extension FeedForward {
    public static let settingDescriptions = [
        SettingDescription("units", "H, the units of each layer", unit: "units", in: 1...largestSize),
        SettingDescription("layers", "tanh layers, one above the other", unit: "layers", in: 1...64)
    ]
}
